// Scenario files with one or more mistakes, each by what is wrong with it. What the kit says is in bad-files.txt.
import { stringify } from "yaml";

const whole = {
  scenario: "test",
  question: "Does it?",
  answer: "It does.",
  requesters: { alice: { reply: "mailbox" }, ivan: { reply: "inbox" }, carol: { reply: "core" } },
  responders: { bob: { online: false } },
  services: { greeter: { subject: "greet.*", reply: "hello, {2}" } },
  check: ["no-lost-requests"],
};

/** A file whose only mistakes can be those in `timeline`. */
const steps = (...timeline: string[]) =>
  `${stringify(whole)}timeline:\n${timeline.map((step) => `  - ${step}\n`).join("")}`;

const lunch = "request: { from: alice, order: order-sandwich, as: lunch }";

/** A file with these keys in the place of the usual ones. */
const file = (keys: Record<string, unknown>) =>
  stringify({ ...whole, timeline: [{ start: "bob" }], ...keys }, { lineWidth: 0 });

export const goodFile = file({});

export const badFiles: Record<string, string> = {
  // The text
  "an empty file": "",
  "only a comment": "# nothing yet\n",
  "a list instead of a mapping": "- start: bob\n",
  "a text instead of a mapping": "hello\n",
  "two documents": `${goodFile}---\n${goodFile}`,
  "a tab as indentation": "scenario: test\nrequesters:\n\talice: {}\n",
  "bad indentation": "scenario: test\n question: Does it?\n",
  "an unclosed bracket": "scenario: test\ncheck: [no-lost-requests\n",
  "an unclosed quote": 'scenario: "test\n',
  "an unquoted version": goodFile.replace("timeline:", "requires: { server: >=2.11 }\ntimeline:"),
  "an unknown tag": goodFile.replace("scenario: test", "scenario: !!js/function test"),
  "a repeated key": `${goodFile}check: []\n`,
  "an alias without its anchor": goodFile.replace("start: bob", "start: *bob"),
  "aliases that multiply":
    `a: &a [x, x, x, x, x, x, x, x, x, x]\n` +
    [..."bcdef"].map((c, i) => `${c}: &${c} [${Array(9).fill(`*${"abcde"[i]}`)}]\n`).join(""),
  "an alias of itself": "requesters: &r { alice: *r }\n",
  "merge keys that multiply":
    "a: &a { x: 1 }\n" +
    [..."bcdefghijklmnopq"]
      .map((c, i) => `${c}: &${c} { <<: [*${"abcdefghijklmnop"[i]}, *${"abcdefghijklmnop"[i]}] }\n`)
      .join(""),
  "a merge of a text": `<<: hello\n${goodFile}`,
  "a merge of nothing, and of a list": `<<:\nrequesters: { <<: [{}, 5] }\n`,
  "a merge with a tab": `<<\t: hello\n${goodFile}`,
  "too deep": "[".repeat(5000),
  // The shape
  "nothing but a name": "scenario: test\n",
  "an unknown key": file({ timelines: [] }),
  "an unknown key of a requester": file({ requesters: { alice: { replies: "mailbox", timout: "1s" } } }),
  "an unknown key in setup": file({ setup: { ackWait: "5s" } }),
  "an unknown key in a request": steps(`request: { from: alice, order: order-bagel, as: lunch, ttl: 5s }`),
  "an unknown strategy": file({ requesters: { alice: { reply: "mailbx" } } }),
  "a policy that does not exist": file({ requesters: { alice: { on_timeout: "cancle" } } }),
  "a policy for a core request": file({ requesters: { alice: { reply: "core", on_timeout: "cancel" } } }),
  "expiring without the server for it": file({
    requires: { server: ">=2.10" },
    requesters: { alice: { on_timeout: "expire" } },
  }),
  "a server that is a mapping": file({
    requires: { server: { toString: "2.11" } },
    requesters: { alice: { on_timeout: "expire" } },
  }),
  "one request that expires without the server for it": steps(
    "request: { from: alice, order: order-bagel, as: lunch, on_timeout: expire }",
  ),
  "requests in steps inside that expire without the server for it": steps(
    "together: [{ wait: 1s }, { request: { from: alice, order: order-bagel, as: a, on_timeout: expire } }]",
    "repeat: { times: 2, steps: [{ request: { from: alice, order: order-bagel, as: b, on_timeout: expire } }] }",
    "repeat: { times: 2, steps: [{ together: [{ wait: 1s }, { request: { from: carol, subject: greet.joe, as: c, on_timeout: cancel } }] }] }",
  ),
  "sending where no reply is kept": steps(
    "send: { from: carol, order: order-bagel, as: a }",
    "send: { from: ivan, order: order-bagel, as: b }",
  ),
  "sending with a time-out, and without an order": steps(
    "send: { from: alice, order: order-bagel, as: a, timeout: 5s }",
    "send: { from: alice, as: b, rate: 5/s }",
  ),
  "sending under a name that is taken, from one that is unknown": steps(
    lunch,
    "send: { from: alcie, order: order-bagel, as: lunch }",
  ),
  "sending without streams": steps("send: { from: alice, order: order-bagel, as: a }").replace(
    "responders:\n  bob:\n    online: false\n",
    "setup: none\n",
  ),
  "collecting what is sent later": steps("collect: a", "send: { from: alice, order: order-bagel, as: a }"),
  "what never comes of a request that nobody waits for, and only of one": steps(
    "send: { from: alice, order: order-bagel, as: a }",
    lunch,
    "{ after: a.received, wait: 1s }",
    "expect: { a: timed-out, lunch: stored, events.a.received: 0 }",
    "expect: { a: [stored, timed-out], lunch: { stored: 1 } }",
  ),
  "a bound for core requests": file({ requesters: { carol: { reply: "core", max_outstanding: 5 } } }),
  "a wait without a bound, and bounds of nothing": file({
    requesters: { alice: { max_waiting: 5 }, dora: { max_outstanding: 0 }, erin: { max_waiting: -1 } },
  }),
  "waiting for what no such thing hears": steps(
    lunch,
    "{ after: bob.late-reply, wait: 1s }",
    "{ after: lunch.late-replies, wait: 1s }",
    "expect: { events.bob.orphaned-reply: 1, duration.lunch.late: 1 }",
  ),
  "cancelling what was not sent": steps("cancel: lunch", lunch),
  "cancelling a core request": steps(
    "request: { from: carol, subject: greet.joe, as: hello }",
    "cancel: hello",
  ),
  "cancelling for one that crashed": steps(lunch, "crash: alice", "cancel: lunch"),
  "pausing and resuming at the wrong time": steps(
    "pause: bob",
    "start: bob",
    "resume: bob",
    "pause: bob",
    "pause: bob",
    "stop: bob",
    "start: bob",
    "resume: bob",
  ),
  "pausing who cannot pause": file({
    responders: { bob: { online: false }, dave: { kind: "plain" } },
    timeline: [
      { pause: "alice" },
      { pause: "dave" },
      { resume: "dvae" },
      { wait: "1s", after: "dave.paused" },
      { expect: { "events.alice.resumed": 0, "events.dave.paused": 0 } },
    ],
  }),
  "pausing one that was crashed while it paused": steps(
    "start: bob",
    "pause: bob",
    "inject: { crash-actor: { actor: bob } }",
    "pause: bob",
  ),
  "telling something to one that is frozen": steps(
    "start: bob",
    "inject: { pause-actor: { actor: bob } }",
    "pause: bob",
    "heal: pause-actor",
    "resume: bob",
    "inject: { pause-actor: { actor: alice } }",
    lunch,
    "together: [{ cancel: lunch }, { heal: all }]",
    "collect: lunch",
    "inject: { pause-actor: { actor: alice }, for: 1s }",
    "request: { from: alice, order: order-bagel, as: snack }",
  ),
  "what comes of several replies, where one is asked for": steps(
    lunch,
    "{ wait: 1s, after: lunch.replies-ended }",
    "expect: { lunch: ended by stall }",
    "request: { from: alice, order: order-bagel, as: snack, many: true }",
    "{ wait: 1s, after: snack.part-received }",
  ),
  "a first pause that is longer than the longest": file({
    responders: {
      bob: { online: false, retry: { first: "5s", most: "1s" } },
      dave: { retry: { first: "1m" } },
    },
  }),
  "a second pause in the second round": steps("start: bob", "repeat: { times: 2, steps: [{ pause: bob }] }"),
  "a resume after a mistake that may have paused": steps("start: bob", "pause: 5", "resume: bob"),
  "replaying an unknown request": steps(lunch, "replay: lunhc"),
  "replaying a core request": steps(
    "request: { from: carol, subject: greet.joe, as: hello }",
    "replay: { request: hello }",
  ),
  "publishing into the server's API": steps("publish: { subject: $JS.API.STREAM.DELETE.REPLIES }"),
  "publishing to a wildcard": steps("publish: { subject: requests.*, as: lunch }"),
  "publishing a header of two lines": steps(
    'publish: { subject: requests.order-bagel, headers: { Reply-To: "a\\r\\nNats-TTL: 1s" } }',
  ),
  "publishing a header without a name": steps(
    'publish: { subject: requests.order-bagel, headers: { "Reply To": replies.zoe.1 } }',
  ),
  "a name for what is no request": steps("publish: { subject: replies.alice.1, as: lunch }"),
  "publishing under a name that is taken": steps(
    lunch,
    "publish: { subject: requests.order-bagel, as: lunch }",
    "publish: { subject: requests.order-bagel, as: alice }",
  ),
  "handles of what was published by hand": steps(
    "publish: { subject: requests.order-bagel, as: snack }",
    "cancel: snack",
    "collect: { request: snack, by: alice }",
    "expect: { whereabouts.snack: queued, snack: okay }",
    "replay: snack",
  ),
  "what never comes of a request that was published by hand": steps(
    "publish: { subject: requests.order-bagel, as: snack }",
    "{ wait: 1s, after: snack.stored }",
    "expect: { snack: [ended by stall, timed-out] }",
  ),
  "publishing without streams": file({
    setup: "none",
    requesters: {},
    responders: {},
    timeline: [{ publish: { subject: "replies.zoe.1" } }],
  }),
  "options of the kit's responder for a plain one": file({
    responders: { bob: { kind: "plain", max_attempts: 3, retry: { first: "1s" }, allow_reply_to: [] } },
  }),
  "options of a responder out of range": file({
    responders: {
      bob: { max_attempts: 0, retry: { frist: "1s" }, ack_delay: "5s", allow_reply_to: ["$JS.>", "a b"] },
    },
  }),
  "an error that is no text": file({ responders: { bob: { menu: { "order-soup": { error: 404 } } } } }),
  "work without a unit": file({ responders: { bob: { online: false, work: 5 } } }),
  "a number as a duration": file({ requesters: { alice: { timeout: 5 } } }),
  "a word as a duration": steps(lunch, "within: five\n    eventually: { lunch: ok }"),
  "a duration of nothing": file({ requesters: { alice: { timeout: "0s" } } }),
  "a duration of a day": steps("wait: 1440m"),
  "a duration with a sign": steps("wait: -5s"),
  "a name in upper case": file({ responders: { Bob: {} }, timeline: [{ start: "Bob" }] }),
  "a responder with nothing after its name": file({ responders: { bob: null } }),
  "yes for true": file({ responders: { bob: { online: "no" } } }),
  "a mapping that has no text, for true": file({ responders: { bob: { online: { toString: false } } } }),
  "two replicas": file({ setup: { replicas: 2 } }),
  "no deliveries": file({ setup: { max_deliver: 0 } }),
  "half a delivery": file({ setup: { max_deliver: 1.5 } }),
  "another setup": file({ setup: "some" }),
  "a version without >=": file({ requires: { server: "2.11" } }),
  "a number as a reply": file({ responders: { bob: { online: false, menu: { "order-soup": 5 } } } }),
  "an order of two tokens on the menu": file({
    responders: { bob: { online: false, menu: { "order.soup": "🍲" } } },
  }),
  "fails less than never": file({ responders: { bob: { online: false, fails: -1 } } }),
  "fails in other words": file({ responders: { bob: { online: false, fails: "sometimes" } } }),
  "an id that is no token": steps("request: { from: alice, order: order-sandwich, as: lunch, id: a.b }"),
  "an id of a core request": steps("request: { from: carol, subject: greet.joe, as: hello, id: a }"),
  "no concurrency": file({ responders: { bob: { online: false, concurrency: 0 } } }),
  "a question of spaces": file({ question: "  " }),
  "an empty timeline": file({ timeline: [] }),
  "a timeline that is a mapping": file({ timeline: { start: "bob" } }),
  "a step that is a text": steps("start bob"),
  "an unknown check": file({ check: ["no-lost-request"] }),
  "a check with too small a number": file({ check: [{ "no-duplicate-executions": { at_most: 0 } }] }),
  "a check with an unknown parameter": file({ check: [{ "no-duplicate-executions": { at_least: 1 } }] }),
  "a check that takes no parameters": file({ check: [{ "no-lost-replies": { at_most: 1 } }] }),
  "a check that is a number": file({ check: [7] }),
  "an unknown verdict": file({ expected: { "no-lost-requests": "violate" } }),
  "a request without a name": steps("request: { from: alice, order: order-bagel }"),
  "a request with nothing": steps("request:"),
  "an order with a dot": steps("request: { from: alice, order: order.sandwich, as: lunch }"),
  "the server's own subject": steps(
    "request: { from: carol, subject: $JS.API.STREAM.DELETE.REQUESTS, as: evil }",
  ),
  "an empty expectation": steps("expect: {}"),
  "a fraction of a message": steps("expect: { stream.REQUESTS.messages: 1.5 }"),
  "a negative count": steps("expect: { stream.REQUESTS.messages: -1 }"),
  "a list as an outcome": steps(lunch, "expect: { lunch: [5] }"),
  "a collect of a number": steps("collect: 5"),
  "a collect without a request": steps("collect: { by: alice }"),
  // The meaning
  "one name for two actors": file({ responders: { alice: {}, bob: { online: false } } }),
  "one name for an actor and a request": steps("request: { from: alice, order: order-bagel, as: bob }"),
  "one name for two requests": steps(lunch, lunch),
  "responders without streams": file({ setup: "none" }),
  "a mailbox without streams": steps(lunch).replace(
    "responders:\n  bob:\n    online: false\n",
    "setup: none\n",
  ),
  "a count without streams": steps("expect: { stream.REPLIES.messages: 0 }").replace(
    "responders:\n  bob:\n    online: false\n",
    "setup: none\n",
  ),
  "a token that the subject lacks": file({
    services: { greeter: { subject: "greet.*", reply: "hello, {3}{0}" } },
  }),
  "a check twice": file({ check: ["no-lost-replies", "no-lost-replies"] }),
  "a check twice, once with a parameter": file({
    check: ["no-duplicate-executions", { "no-duplicate-executions": { at_most: 2 } }],
  }),
  "an expected verdict that nothing checks": file({ expected: { "no-lost-replies": "violated" } }),
  // The timeline
  "a step that does nothing": steps("within: 5s"),
  "a step that does two things": steps("start: bob\n    wait: 1s"),
  "an unknown verb": steps("kill: bob"),
  "an unknown requester": steps("request: { from: alcie, order: order-bagel, as: lunch }"),
  "a responder that asks": steps("request: { from: bob, order: order-bagel, as: lunch }"),
  "a request for nothing": steps("request: { from: alice, as: lunch }"),
  "an order and a subject": steps(
    "request: { from: carol, order: order-bagel, subject: greet.joe, as: lunch }",
  ),
  "a subject through a mailbox": steps("request: { from: alice, subject: greet.joe, as: lunch }"),
  "a requester that is not running": steps("stop: alice", lunch),
  "a start of what runs": steps("start: alice"),
  "a crash of what does not run": steps("crash: bob"),
  "a start after a mistake that moves nobody": steps("expect: 5", "start: alice"),
  "a start after a mistake that may have": steps("stop: 5", "start: alice"),
  "a stop after a crash": steps("crash: greeter", "stop: greeter"),
  "an actor nobody knows": steps("start: bbo"),
  "a request that is started": steps(lunch, "start: lunch"),
  "an expectation before its request": steps("expect: { lunch: ok }", lunch),
  "an expectation of nobody's request": steps(lunch, "expect: { lnch: ok }"),
  "an unknown outcome": steps(lunch, "expect: { lunch: timeout }"),
  "a payload as an outcome": steps(lunch, 'expect: { lunch: "🥪" }'),
  "a text after timed-out": steps(lunch, "expect: { lunch: timed-out 5s }"),
  "a number as an outcome": steps(lunch, "expect: { lunch: 5 }"),
  "a count in quotes": steps('expect: { stream.REQUESTS.messages: "1" }'),
  "a stream nobody has": steps("expect: { stream.REQUEST.messages: 1 }"),
  "a count nobody keeps": steps("expect: { consumer.responder.ack_pending: 1 }"),
  "an anchor without an event": steps("start: bob\n    after: lunch"),
  "an anchor to an unknown event": steps(lunch, "start: bob\n    after: lunch.store"),
  "an anchor to an actor's event of a request": steps(lunch, "start: bob\n    after: lunch.drained"),
  "an anchor to a drained requester": steps("start: bob\n    after: alice.drained"),
  "an anchor before its request": steps("start: bob\n    after: lunch.stored", lunch),
  "an anchor to nobody": steps(lunch, "start: bob\n    after: lunhc.stored"),
  "an anchor to the zeroth event": steps(lunch, "start: bob\n    after: lunch.delivered#0"),
  "within without anything to wait for": steps(lunch, "within: 5s\n    expect: { lunch: ok }"),
  "a collect before its request": steps("collect: lunch", lunch),
  "a request id with a dot": steps("request: { from: alice, order: order-bagel, as: lunch, id: a.b }"),
  "a request id of a core request": steps("request: { from: carol, order: order-bagel, as: lunch, id: a }"),
  "a crash point that there is not": file({ responders: { bob: { crash: "before-lunch" } } }),
  "a restart of an actor": steps("restart: bob"),
  "a collect of a core request": steps(
    "request: { from: carol, subject: greet.joe, as: joe }",
    "collect: joe",
  ),
  "a collect by nobody": steps(lunch, "collect: { request: lunch, by: ailce }"),
  "a collect by a core requester": steps(lunch, "collect: { request: lunch, by: carol }"),
  "a collect by a crashed requester": steps(lunch, "crash: alice", "collect: lunch"),
  "a fault that there is not": steps("inject: pause-servr"),
  "a fault in a mapping that there is not": steps(
    "inject: { latancy: { between: [alice, server], delay: 1s } }",
  ),
  "a fault that needs to be told more": steps("inject: latency"),
  "two faults in one step": steps("inject: { pause-server: {}, kill-server: {} }"),
  "a fault for no duration": steps("inject: { pause-server: {}, for: 5 }"),
  "a fault's option that there is not": steps("inject: { latency: { between: [alice, server], dealy: 1s } }"),
  "a fault's delay without a unit": steps("inject: { latency: { between: [alice, server], delay: 100 } }"),
  "a link to nobody": steps("inject: { cut: { between: [alcie, server] } }"),
  "a fault of an actor that there is not": steps("inject: { pause-actor: { actor: bbo } }"),
  "a fault of a cluster with one server": steps("inject: leader-stepdown"),
  "a server that there is not": steps("inject: { kill-server: { node: two } }"),
  "healing what was not injected": steps("inject: noop", "heal: pause-server"),
  "two servers": file({ server: { nodes: 2 } }),
  // Several replies
  "several replies without their last": file({
    responders: { bob: { online: false, menu: { "order-feast": { parts: ["🥗"], replies: "🍨" } } } },
  }),
  "several replies that are none": file({
    responders: { bob: { online: false, menu: { "order-feast": { parts: [], reply: "🍨" } } } },
  }),
  "several replies as a list": file({
    responders: { bob: { online: false, menu: { "order-feast": ["🥗", "🍨"] } } },
  }),
  "several replies of a plain responder": file({
    responders: {
      bob: { online: false, kind: "plain", menu: { "order-feast": { parts: ["🥗"], reply: "🍨" } } },
    },
  }),
  "a crash after a part where there is none": file({
    responders: { bob: { online: false, crash: "after-part", menu: { "order-soup": "🍲" } } },
  }),
  "several replies in a bucket": steps(
    "request: { from: alice, order: order-feast, as: feast, many: true }",
  ).replace("mailbox", "kv"),
  "several replies in a shared stream, in a step inside": steps(
    "together: [{ wait: 1s }, { request: { from: alice, order: order-feast, as: feast, many: { stall: 1s } } }]",
  ).replace("mailbox", "shared"),
  "a sentinel of stored replies": steps(
    'request: { from: alice, order: order-feast, as: feast, many: { sentinel: "" } }',
  ),
  "limits of several replies": steps(
    "request: { from: alice, order: order-feast, as: a, many: { stall: 5, maximum: 0 } }",
    "request: { from: carol, subject: greet.joe, as: b, many: { timeout: 1s } }",
    "request: { from: carol, subject: greet.joe, as: c, many: yes }",
  ),
  "an end of several replies that is none": steps(
    "request: { from: carol, subject: greet.joe, as: hi, many: { stall: 1s } }",
    "expect: { hi: ended by stal }",
  ),
  "an event of several replies that is none": steps(lunch, "start: bob\n    after: lunch.part-recieved"),
  "a token that the subject lacks, in a part": file({
    services: { greeter: { subject: "greet.*", parts: ["hello", "{3}"], reply: "bye" } },
  }),
  // The look
  "wide characters before the mistake": steps(
    'request: { from: alice, payload: "日本🥪", order: a.b, as: lunch }',
  ),
  "a very long line": steps(`request: { from: alice, payload: "${"x".repeat(300)}", order: a.b, as: lunch }`),
  "escape codes": steps('request: { from: alice, order: "\u001b[31mred.\u202e", as: lunch }'),
  "three mistakes at once": steps(
    "request: { from: alcie, order: order-bagel, as: lunch, timeout: 5 }",
    "expect: { lunch: fine }",
    "start: alice",
  ),
  // Steps inside steps, loads and comparisons
  "one step together": steps("together: [{ wait: 1s }]"),
  "repeat without times": steps("repeat: { steps: [{ wait: 1s }] }"),
  "repeat once": steps("repeat: { times: 1, steps: [{ wait: 1s }] }"),
  "repeat inside repeat": steps(
    "repeat: { times: 2, steps: [{ repeat: { times: 2, steps: [{ wait: 1s }] } }] }",
  ),
  "a step inside that does nothing": steps("together: [{ wait: 1s }, { within: 1s }]"),
  "a name that is nobody's in a step inside": steps("together: [{ wait: 1s }, { start: bbo }]"),
  "an actor that is running in the second round": steps("repeat: { times: 2, steps: [{ start: bob }] }"),
  "a time and an event": steps(lunch, "{ start: bob, at: 1s, after: lunch.stored }"),
  "a rate without a count": steps("request: { from: alice, order: order-bagel, as: jobs, rate: 5/s }"),
  "a rate that is none": steps("request: { from: alice, order: order-bagel, as: jobs, count: 5, rate: 5 }"),
  "a load of none": steps("request: { from: alice, order: order-bagel, as: jobs, count: 0 }"),
  "a load with an id": steps("request: { from: alice, order: order-bagel, as: jobs, count: 5, id: a }"),
  "a load of core requests": steps("request: { from: carol, order: order-bagel, as: jobs, count: 5 }"),
  "a load with order and orders": steps(
    "request: { from: alice, order: order-bagel, orders: { order-bagel: 1 }, as: jobs, count: 5 }",
  ),
  "orders without weights": steps("request: { from: alice, orders: { order-bagel: 0 }, as: jobs, count: 5 }"),
  "a comparison that is none": steps(lunch, 'expect: { stream.REQUESTS.messages: "=> 3" }'),
  "a range backwards": steps(lunch, "expect: { stream.REQUESTS.messages: 5..2 }"),
  "a time as a count": steps(lunch, 'expect: { stream.REQUESTS.messages: "< 2s" }'),
  "a count as a time": steps(lunch, "expect: { duration.lunch.received: 5 }"),
  "a percentile that is none": steps(lunch, 'expect: { latency.lunch.p95: "< 2s" }'),
  "events of nobody": steps(lunch, "expect: { events.dinner.received: 1 }"),
  "an event that is none": steps(lunch, "expect: { events.lunch.recieved: 1 }"),
  "an actor's event that is none": steps(lunch, "expect: { events.bob.drianed: 1 }"),
  "an advisory that is none": steps(lunch, "expect: { advisory.max-deliveries: 1 }"),
  "a tally of no outcome": steps(lunch, "expect: { lunch: { okay: 3 } }"),
  "a tally of no count": steps(lunch, "expect: { lunch: { ok: many } }"),
  "a place that is none": steps(lunch, "expect: { whereabouts.lunch: [stuk, running 3] }"),
  "a place by its number": steps(lunch, "expect: { whereabouts.lunch: 1 }"),
  "the place of nobody": steps(lunch, "expect: { whereabouts.dinner: queued }"),
  "the place of what is not stored": steps(
    "request: { from: carol, subject: greet.joe, as: hello }",
    "expect: { whereabouts.hello: queued }",
  ),
  "an empty tally": steps(lunch, "expect: { lunch: {} }"),
  "a seed that is none": file({ seed: -1 }),
  "acks withheld by the kit's responder": file({ responders: { bob: { online: false, acks: false } } }),
  "less in hand than at work": file({
    responders: { bob: { online: false, prefetch: 2, concurrency: 3 }, dave: { kind: "plain", prefetch: 1 } },
  }),
  // The controls of a run
  "a sweep of one value": file({ sweep: { "setup.ack_wait": ["1s"] } }),
  "a sweep of a value that is no list": file({ sweep: { "setup.ack_wait": "1s" } }),
  "a sweep of mappings": file({ sweep: { "setup.ack_wait": [{ a: 1 }, { a: 2 }] } }),
  "a sweep of a whole part": file({ sweep: { setup: ["none", "some"] } }),
  "a sweep with a slash in its path": file({ sweep: { "setup/ack_wait": ["1s", "2s"] } }),
  "a sweep that is a list": file({ sweep: ["setup.ack_wait"] }),
  "a sweep of a sweep": file({ sweep: { "sweep.setup": [1, 2] } }),
  "a sweep of too many combinations": file({
    sweep: {
      "setup.max_deliver": Array.from({ length: 15 }, (_, i) => i + 1),
      "responders.bob.prefetch": Array.from({ length: 14 }, (_, i) => i + 1),
    },
  }),
  "never run": file({ repeat: 0 }),
  "run half": file({ repeat: 1.5 }),
  "run too often": file({ repeat: 1001 }),
  "run many": file({ repeat: "many" }),
  "thresholds that are a list": file({ thresholds: ["latency.lunch.p99"] }),
  "thresholds of nothing": file({ thresholds: {} }),
  "a threshold of a request that nobody sends": file({ thresholds: { "latency.lunch.p99": "< 5ms" } }),
  "a threshold without a unit": steps(lunch).replace(
    "timeline:",
    'thresholds: { latency.lunch.p99: "< 5" }\ntimeline:',
  ),
  "a threshold of a percentile that is none": steps(lunch).replace(
    "timeline:",
    'thresholds: { latency.lunch.p95: "< 5ms" }\ntimeline:',
  ),
  "a threshold on a stream that is none": file({ thresholds: { "stream.REQUEST.messages": 0 } }),
  "a fault told by a text": steps("inject: { pause-server: one }"),
  "a latency in other words": steps("inject: { latency: { ms: 0 } }"),
};

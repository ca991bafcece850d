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
  "one request that expires without the server for it": steps(
    "request: { from: alice, order: order-bagel, as: lunch, on_timeout: expire }",
  ),
  "cancelling what was not sent": steps("cancel: lunch", lunch),
  "cancelling a core request": steps(
    "request: { from: carol, subject: greet.joe, as: hello }",
    "cancel: hello",
  ),
  "cancelling for one that crashed": steps(lunch, "crash: alice", "cancel: lunch"),
  "work without a unit": file({ responders: { bob: { online: false, work: 5 } } }),
  "a number as a duration": file({ requesters: { alice: { timeout: 5 } } }),
  "a word as a duration": steps(lunch, "within: five\n    eventually: { lunch: ok }"),
  "a duration of nothing": file({ requesters: { alice: { timeout: "0s" } } }),
  "a duration of a day": steps("wait: 1440m"),
  "a duration with a sign": steps("wait: -5s"),
  "a name in upper case": file({ responders: { Bob: {} }, timeline: [{ start: "Bob" }] }),
  "a responder with nothing after its name": file({ responders: { bob: null } }),
  "yes for true": file({ responders: { bob: { online: "no" } } }),
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
  "an empty tally": steps(lunch, "expect: { lunch: {} }"),
  "a seed that is none": file({ seed: -1 }),
};

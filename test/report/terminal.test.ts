// The summary as people see it: golden text, and no line too wide whatever the scenario says.
import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import type { Run } from "../internal/history.js";
import { terminal } from "../internal/report.js";
import { anyText } from "../support/any-text.js";
import {
  byHand,
  delivered,
  history as historyOf,
  kept,
  received,
  replied,
  repliesRead,
  requested,
  stored,
  terminated,
} from "../support/history.js";
import {
  expectation,
  heldRun,
  inconclusiveRun,
  lateEvents,
  lessonRun,
  mailboxEvents,
  runOf,
  violatedRun,
} from "./runs.js";

const runs = { heldRun, lessonRun, violatedRun, inconclusiveRun };
const widest = (text: string) => Math.max(...text.split("\n").map((line) => stringWidth(line)));

describe("the terminal report", () => {
  test("of order-menu held has the lines of the NATS by Example page", () => {
    expect(terminal(heldRun)).toMatchInlineSnapshot(`
      "Scenario  order-menu
      Question  What do a sandwich, a flatbread and a drink get from a responder that
                serves no drinks?

      Requests  sandwich   order-sandwich   mailbox  ok 🥪
                flatbread  order-flatbread  mailbox  ok 🥙
                drink      order-drink      mailbox  timed-out (terminated: not on the
                                                     menu)

      Expected  ✔ sandwich is ok 🥪
                ✔ flatbread is ok 🥙
                ✔ drink is timed-out
                ✔ stream.REQUESTS.messages is 0

      Checks    ✔ no-lost-requests: of 3 stored requests, 3 ended and 0 stayed queued
                ✔ no-lost-replies: of 2 replies, 2 arrived and 0 can be collected
                ✔ no-phantom-replies: 2 replies, in the words of their responders
                ✔ no-stuck-messages: no request is left in the stream

      Counts    3 requested, 3 stored, 2 executed, 2 replied, 2 arrived
      Left      0 requests in REQUESTS and 2 replies stored
      Server    nats-server 2.14.0, from NATS_SERVER_BIN
      History   runs/order-menu-2

      Answer    Both dishes arrive. The drink is terminated, which its requester
                cannot tell from silence.
      Verdict   ✔ held after 2.35 s
      "
    `);
  });

  test("of an expected loss is held", () => {
    expect(terminal(lessonRun)).toMatchInlineSnapshot(`
      "Scenario  inbox-gone
      Question  Where does an inbox reply go when its requester was killed?

      Requests  lunch  order-sandwich  inbox  not-collected

      Expected  ✔ lunch is not-collected

      Checks    ✔ no-lost-requests: of 1 stored request, 1 ended and 0 stayed queued
                ✔ no-lost-replies violated, as expected: 1 of 1 reply can no longer
                  be had (lunch)

      Counts    1 requested, 1 stored, 2 executed, 1 replied, 0 arrived
      Left      0 requests in REQUESTS and 0 replies stored
      Server    nats-server 2.14.0, from NATS_SERVER_BIN
      History   runs/inbox-gone-2

      Answer    Nowhere.
      Verdict   ✔ held after 2.35 s
      "
    `);
  });

  test("of a violated run has its golden text", () => {
    expect(terminal(violatedRun)).toMatchInlineSnapshot(`
      "Scenario  inbox-gone
      Question  Where does an inbox reply go when its requester was killed?

      Requests  lunch  order-sandwich  inbox  not-collected

      Expected  ✘ lunch is not-collected, expected ok 🥪
                  (scenarios/inbox-gone.yaml:14)
                ✔ stream.REQUESTS.messages is 0

      Checks    ✘ no-lost-requests held, but expected to be violated: of 1 stored
                  request, 1 ended and 0 stayed queued
                ✘ no-lost-replies violated: 1 of 1 reply can no longer be had (lunch)
                  lunch: 0.00 s alice requested, stored (message 1), timed-out
                  (queued); 0.01 s bob delivered, executed; 0.01 s carol delivered
                  (delivery 2), executed; 0.01 s bob replied (ok 🥪), acked; 0.01 s
                  alice not-collected (the mailbox is empty)
                ✔ no-duplicate-executions violated, as expected: 2 executions of 1
                  request, 1 of them more than once (lunch)

      Counts    1 requested, 1 stored, 2 executed, 1 replied, 0 arrived
      Left      0 requests in REQUESTS and 0 replies stored
      Server    nats-server 2.14.0, from NATS_SERVER_BIN
      History   runs/inbox-gone-2

      Verdict   ✘ violated after 2.35 s: Expected lunch to be ok 🥪, but it was
                  not-collected (line 14)
      "
    `);
  });

  test("of an inconclusive run has its golden text", () => {
    expect(terminal(inconclusiveRun)).toMatchInlineSnapshot(`
      "Scenario  unread-streams
      Question  What can be said when the streams could not be read?

      Requests  lunch  order-sandwich  mailbox  ok 🥪

      Expected  ✔ lunch is ok 🥪
                ? stream.REQUESTS.messages could not be read, expected 0
                  (scenarios/unread-streams.yaml:14)

      Checks    ? no-lost-requests inconclusive: the request stream was not read at
                  the end (lunch)
                  lunch: 0.00 s alice requested, stored (message 1), timed-out
                  (queued); 0.00 s bob delivered, executed, replied (ok 🥪), acked;
                  0.01 s alice collected (ok 🥪)
                ? no-stuck-messages inconclusive: the request stream was not read at
                  the end
                ✔ no-duplicate-executions: 1 request executed once each

      Counts    1 requested, 1 stored, 1 executed, 1 replied, 1 arrived
      Server    nats-server 2.14.0, from NATS_SERVER_BIN
      History   runs/unread-streams-2

      Verdict   ? inconclusive after 2.35 s: It is unknown whether
                  stream.REQUESTS.messages was 0 (line 14)
      "
    `);
  });

  test("is narrow with the story first", () => {
    expect(terminal(lessonRun, { width: 40, story: true })).toMatchInlineSnapshot(`
      "  0.00 s  run      runs inbox-gone on
                         nats-server 2.14.0
        0.00 s  run      sets up REQUESTS and
                         REPLIES
        0.00 s  alice    requests
                         order-sandwich as
                         lunch (inbox, 1 s)
        0.00 s  REQUESTS stores lunch as
                         message 1
        0.00 s  alice    times out on lunch
                         after 1.00 s; 1
                         message remains in
                         REQUESTS, lunch is
                         queued
        0.01 s  alice    is killed (SIGKILL)
        0.01 s  bob      starts as a responder
        0.01 s  bob      pulls lunch
        0.01 s  bob      executes lunch
        0.01 s  carol    pulls lunch again
                         (delivery 2)
        0.01 s  carol    executes lunch again
                         (execution 2)
        0.01 s  bob      replies ok 🥪 to
                         lunch, sent to its
                         inbox
        0.01 s  bob      acks lunch: REQUESTS
                         deletes it
        0.01 s  alice    starts as a requester
        0.01 s  alice    finds no reply to
                         lunch: the mailbox is
                         empty
        0.02 s  REQUESTS holds no request at
                         the end
        0.02 s  REPLIES  holds no reply at the
                         end

      Scenario  inbox-gone
      Question  Where does an inbox reply go
                when its requester was killed?

      Requests  lunch, order-sandwich, inbox:
                not-collected

      Expected  ✔ lunch is not-collected

      Checks    ✔ no-lost-requests: of 1
                  stored request, 1 ended and
                  0 stayed queued
                ✔ no-lost-replies violated,
                  as expected: 1 of 1 reply
                  can no longer be had
                  (lunch)

      Counts    1 requested, 1 stored, 2
                executed, 1 replied, 0 arrived
      Left      0 requests in REQUESTS and 0
                replies stored
      Server    nats-server 2.14.0, from
                NATS_SERVER_BIN
      History   runs/inbox-gone-2

      Answer    Nowhere.
      Verdict   ✔ held after 2.35 s
      "
    `);
  });
});

describe.each(Object.entries(runs))("%s", (_name, run) => {
  test.each([40, 60, 80, 120])("fits %i columns", (width) => {
    expect(widest(terminal(run, { width, story: true }))).toBeLessThanOrEqual(width);
  });

  test("has the same text with colour, and no escape without", () => {
    const plain = terminal(run, { color: false, story: true });
    const colored = terminal(run, { color: true, story: true });
    const esc = String.fromCharCode(27);
    expect(plain).not.toContain(esc);
    expect(colored).toContain(esc);
    expect(colored.replaceAll(new RegExp(`${esc}\\[\\d+m`, "g"), "")).toBe(plain);
  });
});

describe("the requests of the terminal report", () => {
  const nothingMore = { scenario: "s", question: "", answer: "", expectations: [], names: [] };

  test("have the reason of a failed request by hand, and the messages for a stopped requester", () => {
    const why = terminal(runOf(historyOf(byHand("r1"), delivered("r1"), terminated("r1")), nothingMore));
    expect(why).toContain("by-hand  pending (terminated: not on the menu)");
    const waits = historyOf(requested("r1"), replied("r1"), repliesRead(kept("r1")));
    expect(terminal(runOf(waits, nothingMore))).toContain("pending (stored reply: ok 🥪)");
  });

  test("mention an uncollected reply beside the timed-out call", () => {
    const events = mailboxEvents.slice(0, -1);
    const read = historyOf({
      type: "replies-read",
      stream: "REPLIES",
      replies: [{ request: "r1", status: "ok", payload: "🥪", subject: "replies.alice.r1", sequence: 1 }],
    });
    expect(terminal(runOf([...events, ...read], nothingMore))).toContain("timed-out (stored reply: ok 🥪)");
  });

  test("are one row for a request that is repeated under other names", () => {
    const events = historyOf(
      requested("r1", "lunch"),
      requested("r1", "again"),
      requested("r1", "lunch"),
      received("r1"),
    );
    expect(terminal(runOf(events, nothingMore))).toContain("Requests  lunch, again  order-sandwich");
  });

  test("are summed up if they are many", () => {
    const ids = Array.from({ length: 50 }, (_, i) => `r${i}`);
    const events = historyOf(...ids.map((id) => requested(id)), ...ids.slice(0, 45).map((id) => received(id)));
    const text = terminal(runOf(events, nothingMore));
    expect(text).toContain("and 30 more: 25 × ok 🥪 and 5 × pending");
    expect(text.split("\n").length).toBeLessThan(40);
  });

  test("have no empty label without requests, expectations or checks", () => {
    expect(terminal(runOf([], nothingMore))).not.toMatch(/Requests|Expected|Checks|Left/);
  });
});

test("have no payload, name or path that controls the terminal or leaves its column", () => {
  const nasty = anyText(100);
  const property = fc.property(nasty, nasty, fc.integer({ min: 40, max: 100 }), (payload, name, width) => {
    const events = historyOf(requested("r1", name), stored("r1"), received("r1", payload));
    const run: Run = runOf(events, {
      scenario: name,
      question: payload,
      answer: name,
      expectations: [expectation(name, payload, name)],
      names: ["no-lost-requests"],
    });
    const text = terminal(run, { width, story: true });
    // A path stays in one line.
    expect(widest(text.replace(/^History .*$/m, ""))).toBeLessThanOrEqual(width);
    expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  });
  fc.assert(property, { numRuns: 200 });
});

test("the terminal report does not change the result", () => {
  const before = structuredClone(violatedRun);
  terminal(violatedRun, { story: true, color: true });
  expect(violatedRun).toEqual(before);
  expect(lateEvents).toEqual(before.events);
});

// The story: one line for each event worth telling, in names that a person knows.
import { describe, expect, test } from "vitest";
import type { EventBody } from "../internal/history.js";
import { renderStory, renderStoryExcerpt, Story } from "../internal/report.js";
import {
  delivered,
  executed,
  history,
  received,
  requested,
  statusStored,
  stored,
  timedOut,
  withdrawn,
} from "../support/history.js";
import { lateEvents, menuEvents } from "./runs.js";

test("the story of order-menu has one line per event", () => {
  expect(renderStory(menuEvents)).toMatchInlineSnapshot(`
    "  0.00 s  run      runs order-menu on nats-server 2.14.0
      0.00 s  run      sets up REQUESTS and REPLIES
      0.00 s  alice    starts as a requester
      0.00 s  bob      starts as a responder
      0.00 s  alice    requests order-sandwich as sandwich (mailbox, 1 s)
      0.01 s  REQUESTS stores sandwich as message 1
      0.01 s  bob      pulls sandwich
      0.01 s  bob      executes sandwich
      0.01 s  bob      replies ok 🥪 to sandwich, stored in REPLIES as message 1
      0.01 s  bob      acks sandwich: REQUESTS deletes it
      0.01 s  alice    receives sandwich: ok 🥪
      0.01 s  alice    requests order-flatbread as flatbread (mailbox, 1 s)
      0.01 s  REQUESTS stores flatbread as message 2
      0.01 s  bob      pulls flatbread
      0.01 s  bob      executes flatbread
      0.01 s  bob      replies ok 🥙 to flatbread, stored in REPLIES as message 2
      0.02 s  alice    receives flatbread: ok 🥙
      0.02 s  bob      acks flatbread: REQUESTS deletes it
      0.02 s  alice    requests order-drink as drink (mailbox, 1 s)
      0.02 s  REQUESTS stores drink as message 3
      0.02 s  bob      pulls drink
      0.02 s  bob      terminates drink: not on the menu
      0.02 s  alice    times out on drink after 1.00 s; 0 messages remain in
                       REQUESTS, drink is gone
      0.02 s  bob      drains: finishes its requests and pulls no more
      0.02 s  bob      stops
      0.03 s  REQUESTS holds no request at the end
      0.03 s  REPLIES  holds 2 replies at the end: sandwich and flatbread
    "
  `);
});

test("the story has a reply without a waiting requester", () => {
  expect(renderStory(lateEvents)).toMatchInlineSnapshot(`
    "  0.00 s  run      runs inbox-gone on nats-server 2.14.0
      0.00 s  run      sets up REQUESTS and REPLIES
      0.00 s  alice    requests order-sandwich as lunch (inbox, 1 s)
      0.00 s  REQUESTS stores lunch as message 1
      0.00 s  alice    times out on lunch after 1.00 s; 1 message remains in
                       REQUESTS, lunch is queued
      0.01 s  alice    is killed (SIGKILL)
      0.01 s  bob      starts as a responder
      0.01 s  bob      pulls lunch
      0.01 s  bob      executes lunch
      0.01 s  carol    pulls lunch again (delivery 2)
      0.01 s  carol    executes lunch again (execution 2)
      0.01 s  bob      replies ok 🥪 to lunch, sent to its inbox
      0.01 s  bob      acks lunch: REQUESTS deletes it
      0.01 s  alice    starts as a requester
      0.01 s  alice    finds no reply to lunch: the mailbox is empty
      0.02 s  REQUESTS holds no request at the end
      0.02 s  REPLIES  holds no reply at the end
    "
  `);
});

test("the live story is the same as the one of the saved run", () => {
  const story = new Story();
  const live = lateEvents.map((event) => story.line(event)).filter((line) => line !== undefined);
  expect(`${live.join("\n")}\n`).toBe(renderStory(lateEvents));
});

test("the time counts from the first event, and never runs backwards", () => {
  const [first, second] = history(requested("r1", "lunch"), stored("r1"));
  if (!first || !second) throw new Error("two events");
  const story = new Story();
  expect(story.line({ ...first, t: 5_000_000 })).toMatch(/^ {2}0\.00 s {2}alice {4}requests/);
  expect(story.line({ ...second, t: 6_130_000 })).toMatch(/^ {2}1\.13 s {2}REQUESTS stores lunch as message 1$/);
  expect(story.line({ ...second, t: 4_000_000 })).toMatch(/^ {2}0\.00 s/);
});

describe("an event as text:", () => {
  const words = (...events: EventBody[]) => {
    const lines = renderStory(history(requested("r1", "lunch"), ...events), { width: 500 })
      .trimEnd()
      .split("\n");
    return lines.at(-1)?.slice(10);
  };
  const request = "r1";

  test.each<[string, EventBody]>([
    [
      "alice    requests order-sandwich as lunch (inbox, 250 ms)",
      { ...requested("r1", "lunch", "inbox"), timeoutMs: 250 },
    ],
    ["REQUESTS already holds lunch as message 1: stores nothing new", { ...stored("r1"), duplicate: true }],
    ["alice    times out on lunch after 1.00 s; 1 message remains in the work queue, lunch is queued", timedOut("r1")],
    [
      "alice    times out on lunch after 1.00 s; it is unknown where lunch is",
      { type: "timed-out", request, afterMs: 1001, whereabouts: "unknown", evidence: "" },
    ],
    [
      "alice    times out on lunch after 1.00 s; 1 message remains in the work queue, lunch is removed from the work queue before its first delivery",
      withdrawn("r1"),
    ],
    [
      "alice    cancels: lunch is with a responder already, which is asked to stop",
      { type: "withdrawn", request, withdrawn: "already-running", status: "cancelled", evidence: "" },
    ],
    [
      "alice    times out on lunch after 1.00 s; 1 message remains in the work queue, lunch is stuck: it will not be delivered again",
      { ...timedOut("r1"), whereabouts: "stuck" },
    ],
    [
      "alice    cancels: lunch is stuck: it will not be delivered again",
      { type: "withdrawn", request, withdrawn: "stuck", status: "cancelled", evidence: "" },
    ],
    ["alice    stores that lunch is cancelled, in REPLIES as message 1", statusStored("r1")],
    [
      "bob      learns that lunch is expired, and its handler stops",
      { type: "called-off", request, status: "expired", begun: true },
    ],
    [
      "bob      does not begin lunch: it is cancelled",
      { type: "called-off", request, status: "cancelled", begun: false },
    ],
    ["alice    receives lunch, late: ok 🥪", { ...received("r1"), late: true }],
    ["alice    receives lunch: error no bread", received("r1", "no bread", "error")],
    [
      "alice    asks for lunch and receives a PubAck instead: message 1 of REQUESTS",
      { type: "puback-received", request, stream: "REQUESTS", sequence: 1 },
    ],
    [
      "alice    gets no answer to lunch: no responders on requests.x",
      { type: "no-responders", request, subject: "requests.x" },
    ],
    ["alice    cannot request lunch: stream full", { type: "request-failed", request, error: "stream full" }],
    ["bob      pulls lunch again (delivery 2)", delivered("r1", 2)],
    [
      "bob      has its reply to lunch refused: wrong last sequence: 1",
      { type: "reply-refused", request, reason: "wrong last sequence: 1" },
    ],
    ["bob      gives lunch back: closing", { type: "returned", request, reason: "closing" }],
    ["carol    stops with exit code 1", { type: "actor-stopped", name: "carol", code: 1, signal: null }],
    ["carol    is ended by SIGTERM", { type: "actor-stopped", name: "carol", code: null, signal: "SIGTERM" }],
    ["carol    starts as a service", { type: "actor-started", name: "carol", role: "service", pid: 1 }],
    ["REQUESTS holds 1 request at the end: lunch", { type: "requests-read", stream: "REQUESTS", requests: ["r1"] }],
    ["alice    receives lunch: ok a\\nb\\u001b[2J", received("r1", "a\nb\u001b[2J")],
  ])("%s", (text, event) => {
    expect(words(event)).toBe(text);
  });

  test("has the first execution, and the second as such", () => {
    expect(words(executed("r1"))).toBe("bob      executes lunch");
    expect(words(executed("r1"), executed("r1", 2))).toBe("bob      executes lunch again (execution 2)");
  });

  test("has the id of a request without a name", () => {
    expect(renderStory(history(requested("MTKZ8Q"), stored("MTKZ8Q")))).toContain("stores MTKZ8Q as message 1");
  });
});

test("a long story omits its middle, and its end has the names from it", () => {
  const ids = Array.from({ length: 200 }, (_, i) => i);
  const long = history(...ids.map((i) => requested(`r${i}`, `lunch-${i}`)), ...ids.map((i) => stored(`r${i}`, i + 1)));
  const lines = renderStoryExcerpt(long).trimEnd().split("\n");
  const all = renderStory(long).trimEnd().split("\n");
  expect(lines.slice(0, 60)).toEqual(all.slice(0, 60));
  expect(lines[60]?.trim()).toBe("… 310 more, which the history holds");
  expect(lines.slice(61)).toEqual(all.slice(-30));
  expect(renderStoryExcerpt(long.slice(0, 90))).toBe(renderStory(long.slice(0, 90)));
});

test("the story of a load has the first and the last request with their number", () => {
  const load: EventBody = { type: "load-started", as: "jobs", count: 3 };
  const events = history(load, ...["r1", "r2", "r3"].map((id) => requested(id, "jobs")), requested("r4", "lunch"));
  const told = renderStory(events).split("\n").slice(0, -1);
  expect(told.map((line) => line.replace(/^.*requests /, ""))).toEqual([
    expect.stringMatching(/jobs .*\(first of 3\)$/),
    expect.stringMatching(/jobs .*\(3 of 3\)$/),
    expect.stringMatching(/lunch .*[^)]\)$/),
  ]);
});

// Several replies in the reports: parts as they come, and a request that ended without all of them is not shown as whole.
import { expect, test } from "vitest";
import { renderStory, reports, sequenceOf, terminal } from "../internal/report.js";
import {
  actorStarted,
  collected,
  delivered,
  history,
  kept,
  last,
  partCollected,
  partReceived,
  partReplied,
  replied,
  repliesEnded,
  repliesRead,
  requested,
  stored,
  timedOut,
} from "../support/history.js";
import { runOf } from "./runs.js";

const events = history(
  actorStarted("alice", "requester"),
  actorStarted("bob", "responder"),
  requested("r1", "whole"),
  requested("r2", "late"),
  requested("r3", "holed", "inbox"),
  requested("r4", "prices", "core"),
  stored("r1"),
  delivered("r1"),
  partReceived("r1", 1), // heard before bob has his PubAck
  partReplied("r1", 1),
  replied("r1", "🍨", 2),
  { ...last("r1", 1), payload: "🍨" },
  repliesEnded("r1", 1),
  partReplied("r2", 1),
  partReceived("r2", 1),
  timedOut("r2"),
  { type: "part-replied", request: "r3", part: 1, to: "_INBOX.x" },
  { ...last("r3", 1), payload: "🍨" },
  repliesEnded("r3", 0, "missing-part"),
  partReceived("r4", 1),
  partReceived("r4", 2),
  repliesEnded("r4", 2, "stall"),
  partCollected("r1", 1),
  collected("r1", "🍨", 2),
  repliesRead({ ...kept("r1", "🍨", 2), parts: 1 }),
);
const run = runOf(events, {
  ...{ scenario: "parts", question: "What came?", answer: "Not all." },
  ...{ expectations: [], names: ["parts-complete"], expected: { "parts-complete": "violated" } },
});

test("the table has parts beside the outcome", () => {
  expect(/Requests[\s\S]*?\n\n/.exec(terminal(run, { width: 100 }))?.[0]).toMatchInlineSnapshot(`
    "Requests  whole   order-sandwich  mailbox  ok 🍨 after 1 part
              late    order-sandwich  mailbox  timed-out after 1 part
              holed   order-sandwich  inbox    ended by missing-part
              prices  order-sandwich  core     ended by stall after 2 parts

    "
  `);
});

test("the page has the same texts, and links by them", () => {
  const page = reports.html.render(run);
  for (const words of [
    "ok 🍨 after 1 part",
    "timed-out after 1 part",
    "ended by missing-part",
    "ended by stall after 2 parts",
  ])
    expect(page).toContain(`${words}<`);
  expect(page).toContain("part 1 dish 1");
});

test("the result has parts as a number of its own", () => {
  const { requests } = JSON.parse(reports.json.render(run));
  expect(requests.map(({ outcome, parts }: Record<string, unknown>) => [outcome, parts])).toEqual([
    ["ok 🍨", 1],
    ["timed-out", 1],
    ["ended by missing-part", undefined],
    ["ended by stall", 2],
  ]);
});

test("Markdown has the check and the diagram, where a part that was sent and not received is lost", () => {
  const text = reports.markdown.render(run);
  expect(text).toContain("parts-complete is violated, as expected");
  expect(text).toMatch(/p\d--xp\d: holed: part 1/);
});

test("an unknown number of parts that was expected is reported as such", () => {
  const lesson = runOf(history(requested("r4", "prices", "core"), partReceived("r4", 1)), {
    ...{ scenario: "core", question: "What came?", answer: "Nobody knows." },
    ...{ expectations: [], names: ["parts-complete"], expected: { "parts-complete": "inconclusive" } },
  });
  expect(reports.markdown.render(lesson)).toContain("parts-complete is inconclusive, as expected");
});

test("the diagram has each part once, stored before it is received", () => {
  const marks = sequenceOf(run.events).marks.map((mark) =>
    "over" in mark ? `${mark.over}: ${mark.text}` : `${mark.from} > ${mark.to}: ${mark.text}`,
  );
  expect(marks.filter((mark) => /part|dish|more/.test(mark))).toMatchInlineSnapshot(`
    [
      "bob > REPLIES: whole: part 1",
      "REPLIES > alice: whole: part 1 dish 1",
      "bob > REPLIES: late: part 1",
      "REPLIES > alice: late: part 1 dish 1",
      "bob > alice: holed: part 1",
      "alice: reads no more of holed after 0 parts: the next part is missing",
      "alice: receives prices: part 1 dish 1",
      "alice: receives prices: part 2 dish 2",
      "alice: reads no more of prices after 2 parts: the next one did not come soon enough",
      "REPLIES > alice: collected: whole: part 1 dish 1",
    ]
  `);
});

test("the story of a load has the parts of the first and the last request", () => {
  const ids = ["r1", "r2"];
  const load = history(
    { type: "load-started", as: "feasts", count: 2 },
    ...ids.map((id) => requested(id, "feasts")),
    ...ids.flatMap((id) => [1, 2].map((part) => partReceived(id, part))),
  );
  expect(renderStory(load).match(/part .*/g)).toEqual([
    "part 1 of feasts: dish 1 (first of 2)",
    "part 2 of feasts: dish 2 (first of 2)",
    "part 1 of feasts: dish 1 (2 of 2)",
    "part 2 of feasts: dish 2 (2 of 2)",
  ]);
});

test("the story has each part", () => {
  expect(renderStory(events, { width: 120 })).toMatchInlineSnapshot(`
    "  0.00 s  alice    starts as a requester
      0.00 s  bob      starts as a responder
      0.00 s  alice    requests order-sandwich as whole (mailbox, 1 s)
      0.00 s  alice    requests order-sandwich as late (mailbox, 1 s)
      0.00 s  alice    requests order-sandwich as holed (inbox, 1 s)
      0.01 s  alice    requests order-sandwich as prices (core, 1 s)
      0.01 s  REQUESTS stores whole as message 1
      0.01 s  bob      pulls whole
      0.01 s  alice    receives part 1 of whole: dish 1
      0.01 s  bob      replies part 1 to whole
      0.01 s  bob      replies ok 🍨 to whole, stored in REPLIES as message 2
      0.01 s  alice    receives whole: ok 🍨
      0.01 s  bob      replies part 1 to late
      0.01 s  alice    receives part 1 of late: dish 1
      0.01 s  alice    times out on late after 1.00 s; 1 message remains in REQUESTS, late is queued
      0.02 s  bob      replies part 1 to holed
      0.02 s  alice    receives holed: ok 🍨
      0.02 s  alice    reads no more of holed after 0 parts: the next part is missing
      0.02 s  alice    receives part 1 of prices: dish 1
      0.02 s  alice    receives part 2 of prices: dish 2
      0.02 s  alice    reads no more of prices after 2 parts: the next one did not come soon enough
      0.02 s  alice    collects part 1 of whole: dish 1
      0.02 s  alice    collects whole: ok 🍨
      0.02 s  REPLIES  holds 1 reply at the end: whole
    "
  `);
});

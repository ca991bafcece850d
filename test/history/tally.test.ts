// Counting events by the names of a scenario.
import { expect, test } from "vitest";
import { Tally } from "../internal/history.js";
import { history, orphaned, received, requested, turnAwaited } from "../support/history.js";

function tallyOf(...events: Parameters<typeof history>): Tally {
  const tally = new Tally();
  for (const event of history(...events)) tally.apply(event);
  return tally;
}

test("one name may stand for several requests", () => {
  const tally = tallyOf(requested("r1", "jobs"), requested("r2", "jobs"), received("r1"), received("r2"));
  expect([tally.of("jobs", "requested"), tally.of("jobs", "received")]).toEqual([2, 2]);
});

test("a request that is repeated by another name keeps its earlier events", () => {
  const tally = tallyOf(requested("r1", "lunch"), received("r1"), requested("r1", "again"), received("r1"));
  expect([tally.of("lunch", "received"), tally.of("again", "received")]).toEqual([2, 2]);
});

test("an unused name has no events", () => {
  expect(tallyOf(requested("r1", "lunch")).of("dinner", "received")).toBe(0);
});

test("a late or orphaned reply has a name of its own, of its request and of its receiver", () => {
  const late = { ...received("r1"), late: true };
  const tally = tallyOf(requested("r1", "lunch"), received("r1"), late, orphaned("r1"), orphaned("nobody's"));
  const of = (name: string) => [tally.of(name, "late-reply"), tally.of(name, "orphaned-reply")];
  expect([of("lunch"), of("alice")]).toEqual([
    [1, 1],
    [1, 2],
  ]);
  expect([tally.of("lunch", "received"), tally.of("alice", "received")]).toEqual([2, 0]);
});

test("a request in line counts under its name", () => {
  expect(tallyOf(turnAwaited("r1", "jobs")).of("jobs", "turn-awaited")).toBe(1);
});

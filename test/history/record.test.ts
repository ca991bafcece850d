// A broken record: what is missing, doubled, moved or changed in a history, and the verdict on such a run.
import { describe, expect, test } from "vitest";
import { recordFaults as faultsOf, type HistoryEvent, verdictOf } from "../internal/history.js";
import {
  acked,
  byHand,
  delivered,
  executed,
  history,
  received,
  replied,
  requested,
  stored,
} from "../support/history.js";

const recordFaults = (events: readonly HistoryEvent[]) =>
  faultsOf([...new Set(events.map(({ actor }) => actor))].map((name) => events.filter(({ actor }) => actor === name)));

const whole = history(
  ...[requested("r1"), stored("r1"), delivered("r1"), executed("r1"), replied("r1"), acked("r1"), received("r1")],
  ...[requested("r2"), stored("r2", 2), delivered("r2"), executed("r2"), replied("r2"), acked("r2"), received("r2")],
);
const without = (i: number) => whole.filter((_, at) => at !== i);
const changed = (i: number, more: object) =>
  whole.map((event, at) => (at === i ? ({ ...event, ...more } as HistoryEvent) : event));
/** Numbered anew, as one who hides the change would do. */
const renumbered = (events: readonly HistoryEvent[]) => {
  const counts = new Map<string, number>();
  return events.map((event) => {
    const n = (counts.get(event.actor) ?? 0) + 1;
    counts.set(event.actor, n);
    return { ...event, n };
  });
};

test("a whole record has no fault, also of an actor that starts again", () => {
  expect(recordFaults(whole)).toEqual([]);
  const again = whole.map((event) => ({ ...event, t: event.t + 1e6 }));
  expect(
    faultsOf([
      ...["alice", "bob"].flatMap((name) =>
        [whole, again].map((events) => events.filter(({ actor }) => actor === name)),
      ),
    ]),
  ).toEqual([]);
  expect(recordFaults(history(byHand("r1"), delivered("r1"), received("r1")))).toEqual([]);
});

describe("a record is broken where", () => {
  // The last event of an actor leaves no gap.
  const inner = whole.map((_, i) => i).filter((i) => whole.slice(i + 1).some(({ actor }) => actor === whole[i]?.actor));
  test.each(inner)("event %i is missing", (i) => {
    expect(recordFaults(without(i))).not.toEqual([]);
  });
  test.each(whole.map((_, i) => i))("event %i comes twice", (i) => {
    const twice = [...whole.slice(0, i + 1), ...whole.slice(i)];
    expect(recordFaults(twice)).not.toEqual([]);
  });
  test.each(whole.map((_, i) => i))("event %i is another actor's", (i) => {
    expect(recordFaults(changed(i, { actor: "mallory", n: 7 }))).not.toEqual([]);
  });
  test.each(whole.map((_, i) => i).filter((i) => whole[i]?.n !== 1))("event %i goes back in time", (i) => {
    expect(recordFaults(changed(i, { t: 1 })).join()).toMatch("earlier than the one before it");
  });
  test("an execution has no delivery, and the numbers are right", () => {
    expect(recordFaults(renumbered(without(2)))).toEqual(["bob executed r1 without a delivery before"]);
  });
  test("a reply was received whose request was not sent, and the numbers are right", () => {
    expect(recordFaults(renumbered(without(0)))).toEqual(["alice received a reply to r1 before the request was sent"]);
  });
});

test("a run with a broken record is inconclusive, whatever its checks found", () => {
  const check = { name: "no-lost-requests", expected: "held" as const, detail: "", requests: [] };
  for (const verdict of ["held", "violated"] as const) {
    const found = verdictOf({ expectations: [], checks: [{ ...check, verdict }], record: recordFaults(without(3)) });
    expect(found).toEqual({ verdict: "inconclusive", reason: "The record is broken: bob has the event 3 after 1." });
  }
});

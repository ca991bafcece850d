// The handles of a name's requests, put together from a history that is read once.
import { expect, test } from "vitest";
import type { HistoryEvent } from "../internal/history.js";
import { handlesOf, LiveHistory } from "../internal/runner.js";
import { by, history, requested, stored } from "../support/history.js";

function live(events: readonly HistoryEvent[]): LiveHistory {
  const told = new LiveHistory();
  for (const event of events) told.add(event);
  return told;
}

test("a handle has the requester, place and store of the requester's events", () => {
  const told = live(
    history(
      ...[requested("r1", "lunch"), stored("r1", 1)],
      ...[requested("r2", "lunch", "kv"), stored("r2", 2)],
      ...[by("carol", requested("r3", "tea")), by("carol", stored("r3", 3)), requested("r4", "lunch")],
    ),
  );
  expect(handlesOf({ history: told }, "lunch")).toEqual([
    { requester: "alice", request: "r1", stream: "REQUESTS", sequence: 1 },
    { requester: "alice", request: "r2", stream: "REQUESTS", sequence: 2, store: "kv" },
    { requester: "alice", request: "r4", stream: "REQUESTS", sequence: 0 },
  ]);
  expect(handlesOf({ history: told }, "breakfast")).toEqual([]);
});

test("the handle of an id that several requesters sent names the one whose request the stream holds", () => {
  const duplicate = by("dave", { ...stored("r1", 1), duplicate: true });
  const kv = by("carol", requested("r1", "lunch", "kv"));
  const asked = [requested("r1", "lunch"), kv, by("dave", requested("r1", "lunch"))];
  const ofCarol = live(history(...asked, by("carol", stored("r1", 1)), duplicate));
  expect(handlesOf({ history: ofCarol }, "lunch")).toEqual([
    { requester: "carol", request: "r1", stream: "REQUESTS", sequence: 1, store: "kv" },
  ]);
  const firstUnconfirmed = live(history(...asked, duplicate));
  expect(handlesOf({ history: firstUnconfirmed }, "lunch")).toMatchObject([{ requester: "alice", sequence: 1 }]);
});

test("a load of thousands reads each event once", () => {
  const load = Array.from({ length: 5_000 }, (_, i) => [requested(`r${i}`, "load"), stored(`r${i}`, i + 1)]);
  const told = live(history(...load.flat()));
  let read = 0;
  const every = told.events[Symbol.iterator].bind(told.events);
  told.events[Symbol.iterator] = () => {
    read += told.events.length;
    return every();
  };
  expect(handlesOf({ history: told }, "load").at(-1)).toMatchObject({ request: "r4999", sequence: 5_000 });
  expect(read).toBe(10_000);
});

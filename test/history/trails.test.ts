// A check's result says what happened to the requests it rests on: to some, and of a long story its two ends.
import { expect, test } from "vitest";
import { judge, trailsOf } from "../internal/history.js";
import {
  by,
  delivered,
  executed,
  history,
  kept,
  replied,
  repliesRead,
  requested,
  requestsRead,
  stored,
  timedOut,
} from "../support/history.js";

test("a trail has a request's own events and its state at the final reading", () => {
  const events = history(
    requested("r1"),
    requested("r2"),
    stored("r1"),
    delivered("r1", 2),
    replied("r1"),
    requestsRead(["r1", "r2"]),
    repliesRead(kept("r1")),
  );
  const { trails = [] } = trailsOf(events, ["r1"]);
  expect(trails[0]?.events.map(({ actor, type, note }) => [actor, type, note])).toEqual([
    ["alice", "requested", undefined],
    ["alice", "stored", "message 1"],
    ["bob", "delivered", "delivery 2"],
    ["bob", "replied", "ok 🥪"],
    ["run", "requests-read", "left in REQUESTS"],
    ["run", "replies-read", "ok, message 1 of REPLIES"],
  ]);
});

test("three trails are shown and the rest is counted, and a long trail has its beginning and end", () => {
  const ids = ["r1", "r2", "r3", "r4", "r5"];
  const again = Array.from({ length: 20 }, (_, i) => by("carol", delivered("r1", i + 2)));
  const twice = ids.flatMap((id) => [executed(id), executed(id, 2)]);
  const [result] = judge(history(requested("r1"), ...again, ...twice), ["no-duplicate-executions"]);
  expect(result).toMatchObject({ requests: ids, moreTrails: 2 });
  expect(result?.trails?.map(({ request }) => request)).toEqual(["r1", "r2", "r3"]);
  const long = result?.trails?.[0];
  expect(long?.omitted).toEqual({ events: 11, after: 8 });
  expect(long?.events).toHaveLength(12);
  expect([long?.events[0]?.type, long?.events.at(-1)?.type]).toEqual(["requested", "executed"]);
});

test("a verdict without requests has no trail", () => {
  const [result] = judge(history(requested("r1"), timedOut("r1"), executed("r1")), [
    { name: "no-duplicate-executions", atMost: 3 },
  ]);
  expect(result).toEqual({
    name: "no-duplicate-executions",
    verdict: "held",
    expected: "held",
    atMost: 3,
    detail: "1 request executed at most once, where 3 are allowed",
    requests: [],
  });
});

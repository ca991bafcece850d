// What became of a request, told from its events: live and afterwards alike.
import { describe, expect, test } from "vitest";
import { counts, type EventBody, type HistoryEvent, Outcomes } from "../internal/history.js";
import {
  byHand,
  cancelled,
  collected,
  executed,
  failed,
  history,
  kept,
  notCollected,
  orphaned,
  partCollected,
  partReceived,
  received,
  replied,
  repliesEnded,
  repliesRead,
  requested,
  stored,
  type Told,
  timedOut,
  turnAwaited,
  unawaited,
  withdrawn,
} from "../support/history.js";

function outcomeOf(events: readonly HistoryEvent[], request: string): string {
  const outcomes = new Outcomes();
  for (const event of events) outcomes.apply(event);
  return outcomes.of(request);
}

const puback: EventBody = { type: "puback-received", request: "r1", stream: "REQUESTS", sequence: 1 };
const noResponders: EventBody = { type: "no-responders", request: "r1", subject: "requests.x" };
const takenBack = cancelled("r1");

test.each<[string, EventBody[]]>([
  ["pending", []],
  ["pending", [stored("r1"), executed("r1"), replied("r1")]],
  ["timed-out", [timedOut("r1")]],
  ["cancelled", [withdrawn("r1")]],
  ["expired", [withdrawn("r1", "expired"), notCollected("r1")]],
  ["timed-out", [{ ...withdrawn("r1"), withdrawn: "already-running" }]],
  ["cancelled", [timedOut("r1"), takenBack]],
  ["timed-out", [timedOut("r1"), { ...takenBack, withdrawn: "unknown" }]],
  ["cancelled", [timedOut("r1"), takenBack, notCollected("r1")]],
  ["ok 🥪", [received("r1"), { ...takenBack, withdrawn: "already-answered" }]],
  ["ok 🥪", [received("r1")]],
  ["ok", [received("r1", "")]],
  ["error no bread left", [received("r1", "no bread left", "error")]],
  ["rejected closed", [received("r1", "closed", "rejected")]],
  ["ok 🥪", [timedOut("r1"), { ...received("r1"), late: true }]],
  ["ok 🥪", [timedOut("r1"), collected("r1")]],
  ["ok 🥪", [timedOut("r1"), notCollected("r1"), collected("r1")]],
  ["ok 🥪", [received("r1"), timedOut("r1"), notCollected("r1")]],
  ["not-collected", [timedOut("r1"), notCollected("r1")]],
  ["puback", [puback, notCollected("r1")]],
  ["failed: no stream", [failed("r1"), notCollected("r1")]],
  ["no-responders", [noResponders]],
  ["ok 🥪", [partReceived("r1", 1), received("r1"), repliesEnded("r1", 1)]],
  ["pending", [partReceived("r1", 1)]],
  ["timed-out", [partReceived("r1", 1), timedOut("r1")]],
  ["ended by maximum", [partReceived("r1", 1), repliesEnded("r1", 1, "maximum"), notCollected("r1")]],
  ["ended by maximum", [repliesEnded("r1", 1, "maximum"), { ...received("r1"), late: true }]],
  ["ended by maximum", [received("r1"), partReceived("r1", 1), repliesEnded("r1", 1, "maximum")]],
  ["ok 🥪", [repliesEnded("r1", 1, "maximum"), partCollected("r1", 1), collected("r1")]],
  ["ended by missing-part", [received("r1"), repliesEnded("r1", 0, "missing-part")]],
  ["pending", [timedOut("r1"), requested("r1")]],
])("%s", (outcome, events) => {
  expect(outcomeOf(history(requested("r1"), ...events), "r1")).toBe(outcome);
});

test.each([
  ["before its PubAck is told", [replied("r1"), byHand("r1")]],
  ["after it", [byHand("r1"), replied("r1")]],
])("the outcome of a request by hand comes from its responder: %s", (_, events) => {
  const outcomes = new Outcomes();
  for (const event of history(...events)) outcomes.apply(event);
  expect(outcomes.requestsOf("lunch").map((request) => outcomes.of(request))).toEqual(["ok 🥪"]);
  expect(outcomes.all()).toMatchObject([{ as: "lunch", strategy: "by-hand", outcome: "ok 🥪" }]);
});

test.each([
  ["after it", [byHand("r1"), requested("r1"), timedOut("r1"), replied("r1")]],
  ["before it", [requested("r1"), timedOut("r1"), byHand("r1"), replied("r1")]],
])("the outcome of a request comes from its requester even if %s was published by hand", (_, events) => {
  expect(outcomeOf(history(...events), "r1")).toBe("timed-out");
});

test("a reply that was sent and did not arrive is not an outcome", () => {
  expect(outcomeOf(history(requested("r1"), replied("r1")), "r1")).toBe("pending");
});

const sent = unawaited("r1");
const refused: EventBody = { ...turnAwaited("r1"), type: "turn-refused", error: "5 are on their way" };

test.each<[string, EventBody[]]>([
  ["pending", [sent]],
  ["stored", [sent, stored("r1")]],
  ["stored", [sent, stored("r1"), executed("r1"), replied("r1")]],
  ["stored", [sent, stored("r1"), orphaned("r1")]],
  ["failed: no stream", [sent, failed("r1")]],
  ["cancelled", [sent, stored("r1"), cancelled("r1")]],
  ["not-collected", [sent, stored("r1"), notCollected("r1")]],
  ["ok 🥪", [sent, stored("r1"), notCollected("r1"), collected("r1")]],
  ["pending", [turnAwaited("r1")]],
  ["refused", [refused]],
  ["pending", [turnAwaited("r1"), requested("r1"), stored("r1")]],
  // Sent again while somebody waits for it, it is waited for; afterwards it is not.
  ["pending", [requested("r1"), stored("r1"), sent, stored("r1")]],
  ["stored", [requested("r1"), timedOut("r1"), sent, stored("r1")]],
  ["pending", [sent, stored("r1"), requested("r1"), stored("r1")]],
  ["timed-out", [requested("r1"), timedOut("r1"), stored("r1")]],
])("the outcome of a request without a waiting call, or in line: %s", (outcome, events) => {
  expect(outcomeOf(history(...events), "r1")).toBe(outcome);
});

test("a request in line or without a turn counts under its name", () => {
  const outcomes = new Outcomes();
  for (const event of history(turnAwaited("r1", "jobs"), { ...refused, request: "r2", as: "jobs" }))
    outcomes.apply(event);
  expect(outcomes.all().map(({ as, outcome }) => [as, outcome])).toEqual([
    ["jobs", "pending"],
    ["jobs", "refused"],
  ]);
});

describe("outcomes of a run", () => {
  const outcomes = new Outcomes();
  const events = history(requested("r1", "lunch"), requested("r2"), received("r2"), requested("r3", "lunch"));
  for (const event of events) outcomes.apply(event);

  test("of a repeated name are all of them, oldest first", () => {
    expect(outcomes.requestsOf("lunch")).toEqual(["r1", "r3"]);
  });

  test("are settled once no call waits", () => {
    expect(outcomes.settled("lunch")).toBe(false);
    const answered = new Outcomes();
    for (const event of history(requested("r1", "lunch"), received("r1"))) answered.apply(event);
    expect(answered.settled("lunch")).toBe(true);
  });

  test("are counted by name as they change, also for a request that is sent again under another name", () => {
    const counted = new Outcomes();
    const countsAfter = (...bodies: Told[]) => {
      for (const event of history(...bodies)) counted.apply(event);
      return Object.fromEntries(counted.countsOf("jobs"));
    };
    expect(countsAfter(requested("r1", "jobs"), requested("r2", "jobs"), requested("r3"))).toEqual({ pending: 2 });
    expect(countsAfter(timedOut("r1"), received("r2"))).toEqual({ "timed-out": 1, "ok 🥪": 1 });
    expect(countsAfter(received("r3"), requested("r3", "jobs"))).toEqual({ "timed-out": 1, "ok 🥪": 2 });
    expect(countsAfter(received("r1"), received("r1"))).toEqual({ "ok 🥪": 3 });
  });

  test("are listed in the order of the requests, an unnamed one by its id", () => {
    expect(outcomes.all().map(({ as, outcome }) => [as, outcome])).toEqual([
      ["lunch", "pending"],
      ["r2", "ok 🥪"],
      ["lunch", "pending"],
    ]);
  });
});

test("count by request what may come once, and by event what must not come twice", () => {
  const events = history(
    requested("r1"),
    requested("r1"),
    stored("r1"),
    stored("r1"),
    executed("r1"),
    executed("r1", 2),
    replied("r1"),
    received("r1"),
    collected("r1"),
    repliesRead(kept("r1"), kept("r2", "🥯", 2)),
  );
  expect(counts(events)).toEqual({ requested: 1, stored: 1, executed: 2, replied: 2, collected: 1 });
});

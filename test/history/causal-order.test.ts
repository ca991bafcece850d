// Causal order: each event of a history after the event of another process that caused it, and live as far as that is possible.
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CausalStream, causalOrder, type EventBody, type HistoryEvent, merge } from "../internal/history.js";
import {
  acked,
  at,
  by,
  collected,
  delivered,
  executed,
  history,
  partReceived,
  partReplied,
  received,
  replied,
  requested,
  stored,
  type Told,
} from "../support/history.js";

const types = (events: readonly HistoryEvent[]) => events.map(({ type }) => type);

/** One request from its publish to its ack, in the order in which it happened. */
const happened = [
  requested("r1", "lunch"),
  stored("r1"),
  delivered("r1"),
  executed("r1"),
  partReplied("r1", 1),
  partReceived("r1", 1),
  replied("r1"),
  received("r1"),
  acked("r1"),
];
/** Recorded when the PubAck arrives, so perhaps long after. */
const confirmed = ["stored", "part-replied", "replied"];

describe("a history", () => {
  test("has the order in which it happened, however late each PubAck was recorded, and by whom it was written first", () => {
    const events = history(...happened);
    fc.assert(
      fc.property(
        fc.array(fc.nat(20_000), { minLength: events.length, maxLength: events.length }),
        fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
        (delays, files) => {
          const recorded = events.map((event, i) =>
            confirmed.includes(event.type) ? { ...event, t: event.t + (delays[i] ?? 0) } : event,
          );
          const parts = files.map((file) => recorded.filter((_, i) => i % 3 === file));
          const order = merge(parts);
          const place = (type: string) => types(order).indexOf(type as HistoryEvent["type"]);
          for (const [cause, effect] of [
            ["requested", "stored"],
            ["stored", "delivered"],
            ["delivered", "executed"],
            ["executed", "replied"],
            ["part-replied", "part-received"],
            ["part-received", "received"],
            ["replied", "received"],
            ["received", "acked"],
          ] as const)
            expect(place(cause), `${cause} before ${effect}`).toBeLessThan(place(effect));
          expect(order.map(({ t }) => t)).toEqual(order.map(({ t }) => t).sort((a, b) => a - b));
        },
      ),
    );
  });

  test.each<[string, Told[], string]>([
    ["a request that is stored", [requested("r1"), delivered("r1"), stored("r1")], "requested stored delivered"],
    ["a collected reply", [collected("r1"), replied("r1")], "replied collected"],
    [
      "a redelivery, which the replay caused",
      [
        delivered("r1", 1),
        by("bob", { type: "delivered", request: "r1", subject: "requests.a", sequence: 9, delivery: 1 }),
        { type: "replayed", request: "r1", deadLetter: 1, stream: "REQUESTS", sequence: 9 },
      ],
      "delivered replayed delivered",
    ],
    [
      "a plain request, which its responder knows by its place",
      [
        requested("r1", "lunch", "core"),
        { type: "delivered", request: "REQUESTS:4", subject: "requests.a", sequence: 4, delivery: 1 },
        { type: "puback-received", request: "r1", stream: "REQUESTS", sequence: 4 },
      ],
      "requested puback-received delivered",
    ],
    [
      "a cancel of a running handler",
      [
        { type: "called-off", request: "r1", status: "cancelled", begun: true },
        { type: "withdrawn", request: "r1", withdrawn: "already-running", status: "cancelled", evidence: "" },
      ],
      "withdrawn called-off",
    ],
    [
      "a reply that was second",
      [
        by("carol", { type: "reply-refused", request: "r1", reason: "wrong last sequence: 1" }),
        by("bob", replied("r1")),
      ],
      "replied reply-refused",
    ],
  ])("has the cause first of %s", (_, recorded, order) => {
    expect(types(causalOrder(history(...recorded))).join(" ")).toBe(order);
  });

  test.each<[string, Told[]]>([
    [
      "a PubAck for a request that was sent again",
      [requested("r1"), delivered("r1"), { ...stored("r1"), duplicate: true }],
    ],
    ["a reply with another status", [received("r1", "", "cancelled"), replied("r1")]],
    ["the reply to another request", [received("r1"), replied("r2")]],
    ["another part", [partReceived("r1", 2), partReplied("r1", 1)]],
  ])("leaves %s where the clock has it", (_, recorded) => {
    const events = history(...recorded);
    expect(causalOrder(events)).toEqual(events);
  });

  test("stays as it is when it is ordered again", () => {
    const events = causalOrder(history(requested("r1"), received("r1"), by("zoe", replied("r1")), acked("r1")));
    expect(causalOrder(events)).toEqual(events);
    expect(merge([events])).toEqual(events);
  });

  test("gives an event that moves up the time of its effect", () => {
    const events = history(requested("r1"), delivered("r1"), at(900, stored("r1")));
    expect(causalOrder(events).map(({ t }) => t - (events[0]?.t ?? 0))).toEqual([0, 1000, 1000]);
  });
});

describe("a live story", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
  afterEach(() => void vi.useRealTimers());

  const begin = () => {
    const told: string[] = [];
    const stream = new CausalStream(({ type }) => told.push(type));
    const push = (...bodies: Told[]) => {
      for (const event of history(...bodies)) stream.push(event);
    };
    return { told, push, stream };
  };

  test("holds an effect back until its cause has come, with what its process did next to the request", () => {
    const { told, push } = begin();
    push(received("r1"), { type: "replies-ended", request: "r1", parts: 1, by: "last" }, requested("r2"));
    expect(told).toEqual(["requested"]);
    push(replied("r1"));
    expect(told).toEqual(["requested", "replied", "received", "replies-ended"]);
  });

  test("frees what waits for what is freed", () => {
    const { told, push } = begin();
    push(
      by("carol", { type: "reply-refused", request: "r1", reason: "wrong last sequence: 1" }),
      received("r1"),
      delivered("r1"),
      executed("r1"),
      replied("r1"),
    );
    expect(told).toEqual([]);
    push(stored("r1"));
    expect(told).toEqual(["stored", "delivered", "executed", "replied", "reply-refused", "received"]);
  });

  test("waits a quarter of a second for a cause, and no longer", async () => {
    const { told, push } = begin();
    push(received("r1"));
    await vi.advanceTimersByTimeAsync(200);
    push(received("r2"));
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(60);
    expect(told).toEqual(["received"]);
    await vi.advanceTimersByTimeAsync(200);
    expect(told).toEqual(["received", "received"]);
  });

  test("ends with all that was held", () => {
    const { told, push, stream } = begin();
    push(received("r1"), delivered("r2"), executed("r2"));
    stream[Symbol.dispose]();
    expect(told).toEqual(["received", "delivered", "executed"]);
  });
});

describe("a fault that is recorded after its first effect", () => {
  const step: EventBody = { type: "step", step: "inject", line: 3 };
  const fault: EventBody = { type: "fault-injected", fault: "kill-server", id: 1, what: "kills the server" };
  const events = history(requested("r1"), step, { type: "disconnected", server: "x" }, fault, stored("r1"));
  const expected = ["requested", "step", "fault-injected", "disconnected", "stored"];

  test("is at its step, at the step's time", () => {
    const ordered = causalOrder(events);
    expect(ordered.map(({ type }) => type)).toEqual(expected);
    expect(ordered[2]?.t).toBe(ordered[1]?.t);
  });

  test("is at its step in a live story, too", () => {
    const told: string[] = [];
    using stream = new CausalStream(({ type }) => told.push(type));
    for (const event of events) stream.push(event);
    expect(told).toEqual(expected);
  });

  test("ends the wait of a live story that ends without it", () => {
    const told: string[] = [];
    {
      using stream = new CausalStream(({ type }) => told.push(type));
      for (const event of events.slice(0, 3)) stream.push(event);
      expect(told).toEqual(["requested", "step"]);
    }
    expect(told).toEqual(["requested", "step", "disconnected"]);
  });

  test("without a step stays where it is", () => {
    const bare = history(requested("r1"), fault);
    expect(causalOrder(bare)).toEqual(bare);
  });
});

// The plan as data, and the words for what differs from it.
import { describe, expect, it } from "vitest";
import { InvalidInputError, planSetup, type SetupOptions } from "../../src/index.js";
import { describeDifference, differences, planFor, wouldDiscard } from "../internal/stream-setup.js";

describe("the plan", () => {
  it("queues requests, keeps replies for a day, and sends stored replies on", () => {
    const [requests, replies] = planSetup().streams;
    expect(requests).toMatchObject({ name: "REQUESTS", subjects: ["requests.>"], retention: "workqueue" });
    expect(replies).toMatchObject({
      subjects: ["replies.*.*", "replies.*.*.*"],
      max_age: 86_400e9,
      republish: { src: "replies.>", dest: "replied.>" },
    });
  });

  it("keeps the duplicate window of the replies within their age, as the server demands", () => {
    const [requests, replies] = planSetup({ replyAgeMs: 60_000 }).streams;
    expect([requests?.duplicate_window, replies?.duplicate_window]).toEqual([120e9, 60e9]);
  });

  it("remembers request ids for the configured window, but no longer than requests may live", () => {
    const window = (options: SetupOptions) => planSetup(options).streams[0]?.duplicate_window;
    expect(window({ duplicateWindowMs: 172_800_000 })).toBe(172_800e9);
    expect(window({ duplicateWindowMs: 172_800_000, requestAgeMs: 60_000 })).toBe(60e9);
  });

  it("has the streams of other reply strategies only if they are requested", () => {
    const names = (options: SetupOptions) => planSetup(options).streams.map(({ name }) => name);
    expect(names({})).toEqual(["REQUESTS", "REPLIES", "DEAD_LETTERS"]);
    expect(names({ strategies: ["shared"] })).toEqual(["REQUESTS", "REPLIES", "DEAD_LETTERS", "SHARED_REPLIES"]);
    const all = ["REQUESTS", "REPLIES", "DEAD_LETTERS", "KV_REPLIES_KV", "SHARED_REPLIES"];
    expect(names({ strategies: ["shared", "kv", "kv"] })).toEqual(all);
    const { streams } = planSetup({ strategies: ["kv"], replyAgeMs: 60_000, storage: "memory" });
    expect(streams[3]).toMatchObject({ max_age: 60e9, duplicate_window: 60e9, storage: "memory" });
    expect(() => planSetup({ strategies: ["inbox" as "kv"] })).toThrow(InvalidInputError);
  });

  it("leaves the limit of attempts to a server that has no metadata of consumers", () => {
    const limit = (version: string, options: SetupOptions) => {
      const { max_deliver, metadata } = planFor({ info: { version } }, planSetup(options)).consumers[0]?.config ?? {};
      return { max_deliver, metadata };
    };
    expect(limit("2.10.0", { maxDeliver: 3 })).toEqual({ max_deliver: -1, metadata: { "max-attempts": "3" } });
    expect(limit("2.9.25", { maxDeliver: 3 })).toEqual({ max_deliver: 3, metadata: undefined });
    expect(limit("2.9.25", {})).toEqual({ max_deliver: -1, metadata: undefined });
  });

  it.each<SetupOptions>([
    { replicas: 0 },
    { replicas: 6 },
    { ackWaitMs: -1 },
    { maxDeliver: 0 },
    { maxRequests: 1.5 },
    { replyAgeMs: 99 },
    { duplicateWindowMs: Number.NaN },
  ])("refuses %j", (options) => {
    expect(() => planSetup(options)).toThrow(InvalidInputError);
    expect(() => planSetup(options)).toThrow(Object.keys(options)[0]);
  });

  it.each<SetupOptions>([{ maxDeliver: -1 }, { maxRequests: -1 }, { replicas: 5 }])("accepts %j", (options) => {
    expect(() => planSetup(options)).not.toThrow();
  });
});

describe("differences", () => {
  const only = (wanted: object, actual: object) => differences(wanted, actual).map(describeDifference);

  it("are listed field by field, with durations such as 1m", () => {
    expect(only({ ack_wait: 30e9, max_age: 86_400e9 }, { ack_wait: 5e9, max_age: 0 })).toEqual([
      "ack_wait: 5s, wanted 30s",
      "max_age: unlimited, wanted 24h",
    ]);
    expect(only({ max_msgs: -1, duplicate_window: 15e8 }, { max_msgs: 10, duplicate_window: 120e9 })).toEqual([
      "max_msgs: 10, wanted unlimited",
      "duplicate_window: 2m, wanted 1.5s",
    ]);
  });

  it("ignore fields outside the plan, key order, and fields that the server omits", () => {
    expect(only({ a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 }, extra: true })).toEqual([]);
    expect(only({ no_ack: false, deliver_subject: "" }, {})).toEqual([]);
    expect(only({ no_ack: false }, { no_ack: true })).toEqual(["no_ack: true, wanted false"]);
    expect(only({ max_msgs: 0 }, {})).toEqual(["max_msgs: unset, wanted 0"]);
  });

  it.each([
    ["max_msgs", 10, 5, true],
    ["max_msgs", -1, 5, true],
    ["max_msgs", 5, -1, false],
    ["max_age", 0, 1e9, true],
    ["max_age", 1e9, 0, false],
    ["ack_wait", 30e9, 5e9, false],
  ])("%s from %d to %d could delete messages: %s", (field, actual, wanted, discards) => {
    expect(wouldDiscard({ field, actual, wanted }, { messages: 7, bytes: 700, subjects: 7 })).toBe(discards);
    expect(wouldDiscard({ field, actual, wanted }, { messages: 0, bytes: 0, subjects: 0 })).toBe(false);
  });

  it.each([
    ["max_bytes", -1, 699, true],
    ["max_bytes", -1, 700, false],
    ["max_msgs_per_subject", -1, 1, true],
  ])("%s from %d to %d with 7 messages of 700 bytes on 6 subjects: %s", (field, actual, wanted, discards) => {
    expect(wouldDiscard({ field, actual, wanted }, { messages: 7, bytes: 700, subjects: 6 })).toBe(discards);
  });

  it("max_msgs_per_subject deletes nothing where each subject has one message", () => {
    const change = { field: "max_msgs_per_subject", actual: -1, wanted: 1 };
    expect(wouldDiscard(change, { messages: 7, bytes: 700, subjects: 7 })).toBe(false);
  });
});

// The names of queues: derived, chosen, and never in common.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatHandle,
  type Handle,
  InvalidInputError,
  type OwnNames,
  parseHandle,
  planSetup,
  type QueueOptions,
} from "../../src/index.js";
import { defaultNames, queueNames } from "../internal/protocol.js";

const streamsOf = (options: QueueOptions) =>
  planSetup(options).streams.map(({ name, subjects }) => `${name} ${subjects?.join(" ")}`);

test("a queue of two tokens has streams and subjects of its own", () => {
  expect(streamsOf({ queue: "staging.print-jobs" })[0]).toMatch(
    /^STAGING_PRINT-JOBS_REQUESTS staging\.print-jobs\.requests\.[*>]$/,
  );
  const names = queueNames({ queue: "staging.print-jobs" });
  expect(names.mailboxSubject("alice", "1")).toBe("staging.print-jobs.replies.alice.1");
  expect(names.deadLetterSubject("staging.print-jobs.requests.a")).toBe("staging.print-jobs.dead-letters.a");
  expect(names.keeping("replies.alice.1")).toBeUndefined();
  expect(names.keeping("staging.print-jobs.replies.alice.1")).toBe("once");
  expect(() => names.requireReplyAddress("staging.print-jobs.cancels.x")).toThrow("not allowed");
});

test("without a name the streams are REQUESTS, REPLIES and DEAD_LETTERS", () => {
  expect(planSetup().streams.map(({ name }) => name)).toEqual(["REQUESTS", "REPLIES", "DEAD_LETTERS"]);
  expect(queueNames({})).toBe(defaultNames);
});

test.each(["", "Payments", "a_b", "a..b", ".a", "a.", "a b", "a.*", ">", "-a", "é", "x".repeat(65), 5, null])(
  "queue %j is refused, and the error shows what a name is",
  (queue) => {
    expect(() => planSetup({ queue: queue as string })).toThrow(InvalidInputError);
    expect(() => planSetup({ queue: queue as string })).toThrow(/such as payments or staging\.payments/);
  },
);

test.each(["requests", "a.requests", "replied.b", "a.dead-letters.c", "cancels", "shared"])(
  "queue %j is refused, because it would lie within another queue",
  (queue) => {
    expect(() => planSetup({ queue })).toThrow("its subjects would lie within those of another queue");
  },
);

const token = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,4}$/);
const queue = fc.option(
  fc.array(token, { minLength: 1, maxLength: 3 }).map((tokens) => tokens.join(".")),
  { nil: undefined },
);

test("two queues have no stream in common, and no subject that lies within one of the other", () => {
  const partsOf = (name: string | undefined) => {
    try {
      const made = queueNames(name === undefined ? {} : { queue: name });
      const streams = [made.requestStream, made.replyStream, made.deadLetterStream, made.kvStream, made.sharedStream];
      const { requestPrefix, replyPrefix, republishPrefix, deadLetterPrefix, cancelPrefix, sharedPrefix } = made;
      const prefixes = [requestPrefix, replyPrefix, republishPrefix, deadLetterPrefix, cancelPrefix, sharedPrefix];
      return { streams, prefixes };
    } catch {
      return undefined; // a reserved word
    }
  };
  fc.assert(
    fc.property(queue, queue, (a, b) => {
      const [one, other] = [partsOf(a), partsOf(b)];
      if (a === b || !one || !other) return;
      expect(one.streams.filter((stream) => other.streams.includes(stream))).toEqual([]);
      const within = one.prefixes.filter((p) => other.prefixes.some((q) => p.startsWith(q) || q.startsWith(p)));
      expect(within).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});

describe("names of one's own", () => {
  const own: OwnNames = {
    requests: { stream: "PrintJobs", subjects: "print.jobs.>" },
    replies: { stream: "PrintResults", subjects: "print.results.>", republished: "print.news.>" },
    deadLetters: { stream: "PrintFailures", subjects: "print.failures.>" },
    cancels: { subjects: "print.stop.>" },
  };

  test("replace the derived ones", () => {
    const plan = planSetup({ names: own });
    expect(plan.streams.map(({ name }) => name)).toEqual(["PrintJobs", "PrintResults", "PrintFailures"]);
    expect(plan.streams[1]?.republish).toEqual({ src: "print.results.>", dest: "print.news.>" });
    expect(plan.consumers[0]?.stream).toBe("PrintJobs");
    expect(queueNames({ names: own }).cancelSubject("x")).toBe("print.stop.x");
  });

  test("are part of the advice to set the queue up, and stand outside the command", () => {
    const place = " with the same names in the account that has JetStream";
    expect(queueNames({ queue: "print", names: own }).setupAdvice("--update")).toBe(
      `\`jsrr setup --queue print --update\`${place}`,
    );
    expect(queueNames({ apiPrefix: "$JS.hub.API" }).setupAdvice()).toBe(`\`jsrr setup\`${place}`);
    expect(queueNames({ domain: "hub" }).setupAdvice()).toBe("`jsrr setup --js-domain hub`");
  });

  test("leave what they do not name to the queue", () => {
    const plan = planSetup({ queue: "print", names: { deadLetters: { stream: "FAILED" } } });
    expect(plan.streams.map(({ name }) => name)).toEqual(["PRINT_REQUESTS", "PRINT_REPLIES", "FAILED"]);
  });

  test.each<[OwnNames, string]>([
    [{ replies: { stream: "REQUESTS" } }, "collide: two of its streams are REQUESTS"],
    [{ replies: { subjects: "requests.done.>" } }, "collide: requests.done.> lies within requests.>"],
    [{ requests: { subjects: "replied.>" } }, "collide: replied.> lies within replied.>"],
    [{ requests: { subjects: "jobs" } }, "Expected names.requests.subjects to be subjects such as"],
    [{ requests: { subjects: "jobs.*.>" } }, "Expected names.requests.subjects to be subjects such as"],
    [{ requests: { subjects: "$JS.API.>" } }, "Expected names.requests.subjects to be subjects such as"],
    [{ cancels: { subjects: "a b.>" } }, "Expected names.cancels.subjects to be subjects such as"],
    [{ deadLetters: { stream: "a.b" } }, "Expected names.deadLetters.stream to be 1 to 128 letters"],
    [{ requets: {} } as OwnNames, 'names has no option "requets"; did you mean "requests"'],
    [{ requests: { strem: "A" } } as OwnNames, 'names.requests has no option "strem"; did you mean "stream"'],
  ])("%j are refused", (names, message) => {
    expect(() => planSetup({ names })).toThrow(InvalidInputError);
    expect(() => planSetup({ names })).toThrow(message);
  });
});

test.each<[QueueOptions, string]>([
  [{ domain: "hub", apiPrefix: "$JS.hub.API" }, "Expected either domain or apiPrefix"],
  [{ domain: "a.b" }, "Expected domain to be one token"],
  [{ domain: "" }, "Expected domain to be one token"],
  [{ apiPrefix: "a.>" }, "Expected apiPrefix to be a subject"],
])("%j are refused", (options, message) => {
  expect(() => queueNames(options)).toThrow(message);
});

test("a handle of another queue keeps its queue as text, and an old text is one of the default queue", () => {
  const handle: Handle = {
    ...{ requester: "alice", request: "r1", queue: "staging.print-jobs" },
    ...{ stream: "STAGING_PRINT-JOBS_REQUESTS", sequence: 17 },
  };
  expect(formatHandle(handle)).toBe("alice.r1.STAGING_PRINT-JOBS_REQUESTS.17");
  expect(parseHandle(formatHandle(handle))).toEqual(handle);
  expect(parseHandle(formatHandle({ ...handle, store: "kv" }))).toEqual({ ...handle, store: "kv" });
  expect(parseHandle("alice.r1.REQUESTS.17")).toEqual({
    ...{ requester: "alice", request: "r1", stream: "REQUESTS", sequence: 17 },
  });
});

// Streams are read whole: in their order, however many messages and gaps they have; a reading that is cut off says so.
import { type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { headers } from "@nats-io/nats-core";
import { beforeAll, describe, expect, test } from "vitest";
import { setup } from "../../src/index.js";
import { queueNames } from "../internal/protocol.js";
import { type Environment, readAll, readStreams } from "../internal/runner.js";
import { startTestServer } from "../support/server.js";

const server = await startTestServer();
const nc = await server.connect();
const jsm = await jetstreamManager(nc);

const many = 1_500;
const [first, last] = [100, 1_400]; // deleted between them: every third

beforeAll(async () => {
  await setup(nc, { storage: "memory" });
  const js = jetstream(nc);
  for (const [stream, subject] of [
    ["REQUESTS", () => "requests.order-sandwich"],
    ["REPLIES", (n: number) => `replies.alice.r${n}`],
  ] as const) {
    const stored = Array.from({ length: many }, (_, i) => {
      const h = headers();
      h.set("Request-Id", `r${i + 1}`);
      h.set("Nats-Msg-Id", `r${i + 1}`);
      return js.publish(subject(i + 1), "🥪", { headers: h });
    });
    await Promise.all(stored);
    for (let seq = first; seq < last; seq += 3) await jsm.streams.deleteMessage(stream, seq);
  }
  return async () => void (await server[Symbol.asyncDispose]());
});

const sequences = Array.from({ length: many }, (_, i) => i + 1).filter(
  (seq) => seq < first || seq >= last || (seq - first) % 3 !== 0,
);

const read = async (manager: JetStreamManager) => {
  const [requests, replies] = await readStreams({
    jsm: manager,
    streams: ["REQUESTS", "REPLIES"],
    queues: [queueNames()],
  } as Environment);
  if (requests?.type !== "requests-read" || replies?.type !== "replies-read") return expect.fail("not read");
  return { requests, replies };
};

describe("a stream", () => {
  test.each(["REQUESTS", "REPLIES"])("%s is read in its order, without what is deleted", async (stream) => {
    expect(await readAll(jsm, stream, ({ seq }) => seq)).toEqual(sequences);
  });

  test("with few messages far from one another is read with few questions", async () => {
    await jsm.streams.add({ name: "SPARSE", subjects: ["sparse"], storage: "memory" as never });
    const js = jetstream(nc);
    await jsm.streams.purge("SPARSE", { seq: 1 });
    await Promise.all(Array.from({ length: 5_000 }, () => js.publish("sparse")));
    await jsm.streams.purge("SPARSE", { keep: 1 });
    await js.publish("sparse", "end");
    expect(await readAll(jsm, "SPARSE", ({ seq }) => seq)).toEqual([5_000, 5_001]);
  });

  test("that is gone holds nothing", async () => expect(await readAll(jsm, "NONE", ({ seq }) => seq)).toEqual([]));
});

describe("the reading at the end of a run", () => {
  test("has all requests and replies, and nothing missing", async () => {
    const { requests, replies } = await read(jsm);
    expect(requests.requests).toEqual(sequences.map((seq) => `r${seq}`));
    expect(replies.replies.map(({ sequence }) => sequence)).toEqual(sequences);
    expect([requests.missing, replies.missing]).toEqual([undefined, undefined]);
  });

  test("reads one by one what a consumer did not deliver", async () => {
    const { replies } = await read(cutOff(jsm, { after: 600 }));
    expect(replies.replies.map(({ sequence }) => sequence)).toEqual(sequences);
    expect(replies.missing).toBeUndefined();
  });

  test("counts as missing what the server does not answer for", async () => {
    const { replies } = await read(cutOff(jsm, { after: 600, silentFrom: 1_401 }));
    expect(replies.replies.map(({ sequence }) => sequence)).toEqual(sequences.filter((seq) => seq <= 1_400));
    expect(replies.missing).toBe(100);
  });
});

/** A manager whose consumers deliver so many messages and no more, and which gets no answer for messages from a place on. */
function cutOff(
  manager: JetStreamManager,
  { after, silentFrom = Number.POSITIVE_INFINITY }: { after: number; silentFrom?: number },
): JetStreamManager {
  const consumers = {
    async get(stream: string) {
      const consumer = await manager.jetstream().consumers.get(stream);
      return {
        async consume(options: object) {
          const messages = await consumer.consume(options);
          return (async function* () {
            let n = 0;
            for await (const msg of messages) {
              if (n++ === after) return;
              yield msg;
            }
          })();
        },
        delete: () => consumer.delete(),
      };
    },
  };
  const streams = {
    info: (...args: Parameters<JetStreamManager["streams"]["info"]>) => manager.streams.info(...args),
    getMessage: async (stream: string, query: { seq: number; next_by_subj?: string }) => {
      if (query.next_by_subj === undefined && query.seq >= silentFrom) throw new Error("timeout");
      return manager.streams.getMessage(stream, query as never);
    },
  };
  return { consumers: manager.consumers, jetstream: () => ({ consumers }), streams } as unknown as JetStreamManager;
}

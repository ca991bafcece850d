import { expect, test } from "vitest";
import {
  cancel,
  collect,
  collectMany,
  type HandlerRequest,
  RequestTimeoutError,
  ServerTooOldError,
  setup,
} from "../../src/index.js";
import type { ServerBinary } from "../internal/server.js";
import { harnessOn, soon } from "../support/harness.js";
import { startTestServer } from "../support/server.js";
import { olderServer } from "../support/server-version.js";

const binary = await olderServer();

test.skipIf(!binary)(`on ${binary?.version} set-up is idempotent`, async () => {
  await using server = await startTestServer({ binary: binary as ServerBinary });
  const nc = await server.connect();
  const all = ["stream REQUESTS", "stream REPLIES", "stream DEAD_LETTERS", "consumer responder on REQUESTS"];
  expect((await setup(nc)).created).toEqual(all);
  expect((await setup(nc)).unchanged).toEqual(all);
  expect((await setup(nc, { update: true })).unchanged).toEqual(all);
  await expect(setup(nc, { ackWaitMs: 5000 })).rejects.toThrow("ack_wait: 30s, wanted 5s");
});

test.skipIf(!binary)(`on ${binary?.version} expire is refused before anything is sent`, async () => {
  await using server = await startTestServer({ binary: binary as ServerBinary });
  await using w = await harnessOn(server);
  const alice = await w.requester({ onTimeout: "expire" });
  const refused = await alice.request("order-bagel").catch((error) => error);
  expect(refused).toBeInstanceOf(ServerTooOldError);
  expect(refused.message).toBe(
    `onTimeout: "expire" needs nats-server 2.11.0 or newer (message-ttl); this one is ${binary?.version}.`,
  );
  expect(await w.count("REQUESTS")).toBe(0);
  expect(w.events).toEqual([]);
});

test.skipIf(!binary)(`on ${binary?.version} cancel has the same outcomes as on a newer server`, async () => {
  await using server = await startTestServer({ binary: binary as ServerBinary });
  await using w = await harnessOn(server);
  const alice = await w.requester({ timeoutMs: 100, onTimeout: "cancel" });
  const queued = await alice.request("order-bagel").catch((error) => error);
  expect(queued).toBeInstanceOf(RequestTimeoutError);
  expect(queued.outcome).toBe("removed");
  expect(await collect(w.nc, queued.handle)).toMatchObject({ status: "cancelled" });
  const stopped = ({ signal }: HandlerRequest) =>
    new Promise<string>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  await w.responder({ handlers: { "order-bagel": stopped } });
  const running = await alice.request("order-bagel").catch((error) => error);
  expect(running.outcome).toBe("already-running");
  expect(await w.saw("received")).toMatchObject({ late: true, status: "cancelled" });
});

test.skipIf(!binary)(
  `on ${binary?.version} a removed request does not come back after a kill of the server`,
  async () => {
    await using server = await startTestServer({ binary: binary as ServerBinary });
    await using w = await harnessOn(server, { storage: "file" });
    const alice = await w.requester();
    await alice.send("order-bagel", "stays");
    const handles = await Promise.all(Array.from({ length: 10 }, () => alice.send("order-sandwich")));
    const outcomes = await Promise.all(handles.map(async (handle) => (await cancel(w.nc, handle)).outcome));
    expect(new Set(outcomes)).toEqual(new Set(["removed"]));
    await server.kill();
    await server.restart();
    await expect.poll(() => w.count("REQUESTS").catch(() => undefined), soon).toBe(1);
  },
);

test.skipIf(!binary)(`on ${binary?.version} a terminated request leaves the queue without a reason`, async () => {
  await using server = await startTestServer({ binary: binary as ServerBinary });
  await using w = await harnessOn(server);
  await w.responder();
  const alice = await w.requester();
  expect(await alice.request("order-drink")).toMatchObject({ status: "rejected" });
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});

test.skipIf(!binary)(`on ${binary?.version} parts are stored and collected`, async () => {
  await using server = await startTestServer({ binary: binary as ServerBinary });
  await using w = await harnessOn(server);
  await w.responder({
    handlers: {
      "order-courses": async function* () {
        for (let n = 1; n <= 70; n++) yield `${n}`;
        return "full";
      },
    },
  });
  const alice = await w.requester();
  const texts = async (replies: AsyncIterable<{ text: string }>) => {
    const heard: string[] = [];
    for await (const { text } of replies) heard.push(text);
    return heard;
  };
  const expected = [...Array.from({ length: 70 }, (_, n) => `${n + 1}`), "full"];
  expect(await texts(alice.requestMany("order-courses", "", { id: "courses" }))).toEqual(expected);
  const handle = { requester: "alice", request: "courses", stream: "REQUESTS", sequence: 1 };
  expect(await texts(collectMany(w.nc, handle))).toEqual(expected);
});

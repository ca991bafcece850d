// Accounts joined by exports and imports: a queue of one account is used from another one. The configuration is that of docs/queues.md.
import { readFileSync } from "node:fs";
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  cancel,
  collect,
  listDeadLetters,
  locate,
  Requester,
  Responder,
  RetryLaterError,
  replayDeadLetter,
  setup,
} from "../../src/index.js";
import { soon } from "../support/harness.js";
import { startTestServer, type TestServer } from "../support/server.js";

const page = readFileSync(new URL("../../docs/queues.md", import.meta.url), "utf8");
const [, config = ""] = /```hocon\n([\s\S]*?)```/.exec(page) ?? [];

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ config });
});
afterAll(() => server[Symbol.asyncDispose]());

const queue = "payments";
const apiPrefix = "payments.api";
const asPlatform = () => server.connect({ user: "platform", pass: "platform" });
const asShop = () => server.connect({ user: "shop", pass: "shop" });

test("an account that imports a queue sends to it, answers it, and finds its replies, dead letters and requests", async () => {
  const platform = await asPlatform();
  const shop = await asShop();
  await setup(platform, { queue, maxDeliver: 2 });
  const alice = await Requester.open(shop, { name: "alice", queue, apiPrefix, timeoutMs: 10_000 });

  const atPlatform = await Responder.start(platform, { queue, handlers: { charge: ({ text }) => `${text} at home` } });
  expect(await alice.request("charge", "10")).toMatchObject({ status: "ok", text: "10 at home" });
  await atPlatform.drain();

  const handle = await alice.send("charge", "20");
  expect(await locate(shop, handle, { apiPrefix })).toMatchObject({ where: "queued" });
  const cancelled = await alice.send("charge", "30");
  expect(await cancel(shop, cancelled, { apiPrefix })).toMatchObject({ stored: { payload: expect.anything() } });
  expect(await alice.collect(cancelled)).toMatchObject({ status: "cancelled" });

  let works = true;
  const charge = ({ text }: { text: string }) => {
    if (!works) throw new RetryLaterError("no money");
    return `${text} at the shop`;
  };
  const atShop = await Responder.start(shop, { queue, apiPrefix, handlers: { charge } });
  expect(await collect(shop, handle, { apiPrefix, timeoutMs: 10_000 })).toMatchObject({ text: "20 at the shop" });
  works = false;
  const doomed = await alice.send("charge", "40");
  expect(await alice.collect(doomed, { timeoutMs: 10_000 })).toMatchObject({ status: "dead-lettered" });
  works = true;
  const [letter] = await listDeadLetters(shop, { queue, apiPrefix });
  await replayDeadLetter(shop, letter?.sequence ?? 0, { queue, apiPrefix });
  await expect.poll(async () => (await alice.collect(doomed))?.text, soon).toBe("40 at the shop");
  const many = await Promise.all(Array.from({ length: 50 }, (_, n) => alice.request("charge", `${n}`)));
  expect(many.map(({ text }) => text)).toEqual(many.map((_, n) => `${n} at the shop`));
  const left = async () => (await jetstreamManager(platform)).streams.info("PAYMENTS_REQUESTS");
  await expect.poll(async () => (await left()).state.messages, soon).toBe(0);
  await atShop.drain();
  await alice.close();
});

test("setup in the importing account makes no second set of streams", async () => {
  const platform = await asPlatform();
  const shop = await asShop();
  await setup(platform, { queue, maxDeliver: 2 });
  await expect(setup(shop, { queue })).rejects.toThrow(/another JetStream domain or account/);
  const own = [];
  for await (const name of (await jetstreamManager(shop)).streams.names()) own.push(name);
  expect(own).toEqual([]);
});

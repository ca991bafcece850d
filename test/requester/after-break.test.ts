// After a break: a server that cannot say yet what its mailboxes hold is asked again, and what was on its way is looked for.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  cancel,
  collect,
  collectMany,
  NoAnswerError,
  NotPermittedError,
  Requester,
  type RequesterOptions,
  type RequestTimeoutError,
  setup,
} from "../../src/index.js";
import { Link } from "../internal/link.js";
import { defaultNames, requestHeaders } from "../internal/protocol.js";
import { findUnconfirmed, retryUntilAnswered } from "../internal/requester.js";
import { CONFIG_FILE } from "../internal/server.js";
import { gate, type Harnesses, replyStatus, soon, startHarnesses } from "../support/harness.js";
import { startTestServer } from "../support/server.js";
import { reloadLosesJetStream } from "../support/server-version.js";
import { doorTo } from "../support/severable.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const patient = { reconnectTimeWait: 20, reconnectJitter: 0, maxReconnectAttempts: -1 };
const account = (jetstream: string) =>
  `accounts { KITCHEN { jetstream: ${jetstream}, users: [{ user: w, password: w }] } }`;

test.skipIf(reloadLosesJetStream())(
  "a requester that reconnects before JetStream is up reads its mailbox as soon as it is",
  async () => {
    await using server = await startTestServer({ config: account("enabled") });
    const configure = (text: string) => writeFileSync(join(dirname(server.logFile), CONFIG_FILE), text);
    const credentials = { user: "w", pass: "w", ...patient };
    const nc = await server.connect(credentials);
    const jsm = await jetstreamManager(nc);
    await setup(nc);
    await using door = await doorTo(server.port);
    const hers = await server.connect({ ...credentials, servers: door.url });
    const looked = watchLooks(hers);
    await using alice = await Requester.open(hers, { name: "alice", timeoutMs: 60_000 });
    const call = alice.request("order-bagel", "", { id: "lunch" });
    const handle = { requester: "alice", request: "lunch", stream: "REQUESTS", sequence: 1 };
    const collected = collect(hers, handle, { timeoutMs: 60_000 });
    const several = allOf(collectMany(hers, handle, { timeoutMs: 60_000 }));
    await hers.flush(); // they listen; their first looks may be under way when the door closes
    const queued = async () => (await jsm.streams.info("REQUESTS")).state.messages;
    await expect.poll(queued, soon).toBe(1);
    door.close(); // the reply is republished to nobody
    await nc.request("replies.alice.lunch", "🥯", replyStatus());
    await server.kill();
    configure(account("disabled"));
    await server.restart();
    door.open();
    await looked;
    configure(account("enabled"));
    process.kill(server.pid, "SIGHUP");
    expect(await call).toMatchObject({ status: "ok", text: "🥯" });
    expect(await collected).toMatchObject({ status: "ok", text: "🥯" });
    expect(await several).toMatchObject([{ last: true, text: "🥯" }]);
  },
);

async function allOf<T>(given: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of given) all.push(one);
  return all;
}

/** Resolves when this connection has looked into a mailbox, and asked the leader, too, because nobody answered. */
function watchLooks(nc: NatsConnection): Promise<void> {
  const looked = gate();
  const { request } = nc;
  nc.request = async (subject, ...rest) => {
    const answer = request.call(nc, subject, ...rest);
    if (subject.startsWith("$JS.API.STREAM.MSG.GET.REPLIES")) void answer.then(looked.open, looked.open);
    return answer;
  };
  return looked.opened;
}

test("a request whose PubAck was lost in the break is found in the queue and reported as stored", async () => {
  await using w = await harnesses.next();
  const target = () => ({ host: "127.0.0.1", port: harnesses.server.port });
  await using link = await Link.open({ target, random: () => 0 });
  const nc = await w.connect({ servers: link.url, ...patient });
  await using alice = await Requester.open(nc, { name: "alice", timeoutMs: 20_000, observe: w.observe });
  for (const other of ["order-sandwich", "order-bagel"]) await w.nc.request(`requests.${other}`, "");
  const half = link.halfOpen("to-client");
  const call = alice.request("order-bagel", "", { id: "lunch" }).catch((e: RequestTimeoutError) => e);
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(3);
  expect(w.of("stored")).toEqual([]);
  half.end();
  expect(await w.saw("stored")).toMatchObject({ request: "lunch", stream: "REQUESTS", sequence: 3 });
  const outcome = await cancel(w.nc, { requester: "alice", request: "lunch", stream: "REQUESTS", sequence: 3 });
  expect(outcome).toMatchObject({ outcome: "removed" });
  expect(await call).toMatchObject({ status: "cancelled" });
});

test.each([
  ["requester", openRequester],
  ["sender", openSender],
] satisfies [string, Open][])(
  "a %s whose search is interrupted by another break searches from the same place again",
  async (_, open) => {
    await using w = await harnesses.next();
    const target = () => ({ host: "127.0.0.1", port: harnesses.server.port });
    await using link = await Link.open({ target, random: () => 0 });
    const nc = await w.connect({ servers: link.url, ...patient });
    await using alice = await open(nc, { name: "alice", observe: w.observe });
    const half = link.halfOpen("to-client");
    const calls = [alice.ask("lunch").catch(() => {})];
    await expect.poll(() => w.count("REQUESTS"), soon).toBe(1);
    const { searched, answer } = holdSearches(nc);
    half.end();
    await searched; // and has no answer yet
    calls.push(alice.ask("dinner").catch(() => {}));
    await w.saw("stored", ({ request }) => request === "dinner");
    answer();
    await nc.reconnect();
    expect(await w.saw("stored", ({ request }) => request === "lunch")).toMatchObject({ sequence: 1 });
    await alice[Symbol.asyncDispose]();
    await Promise.all(calls);
  },
);

type Open = (
  nc: NatsConnection,
  options: Pick<RequesterOptions, "name" | "observe">,
) => Promise<AsyncDisposable & { ask(id: string): Promise<unknown> }>;

async function openRequester(...[nc, options]: Parameters<Open>): ReturnType<Open> {
  const requester = await Requester.open(nc, options);
  const ask = (id: string) => requester.request("order-bagel", "", { id });
  return { ask, [Symbol.asyncDispose]: () => requester.close() };
}

async function openSender(...[nc, options]: Parameters<Open>): ReturnType<Open> {
  const sender = await Requester.open(nc, { ...(options as RequesterOptions), sendOnly: true });
  const ask = (id: string) => sender.send("order-bagel", "", { id });
  return { ask, [Symbol.asyncDispose]: () => sender.close() };
}

/** Until `answer` the queue is not read on this connection; `searched` resolves when that is tried. */
function holdSearches(nc: NatsConnection) {
  const looked = gate();
  const { request } = nc;
  nc.request = async (subject, ...rest) => {
    if (!subject.startsWith("$JS.API.STREAM.MSG.GET.REQUESTS")) return request.call(nc, subject, ...rest);
    looked.open();
    throw new NoAnswerError("not yet");
  };
  const answer = () => {
    nc.request = request;
  };
  return { searched: looked.opened, answer };
}

test("a scan of the queue finds only stored requests, from its start to the end of the stream", async () => {
  await using w = await harnesses.next();
  for (const id of ["one", "two", "three"]) {
    await w.nc.request("requests.order-bagel", "", {
      headers: requestHeaders(defaultNames)(id, `replies.alice.${id}`),
      timeout: 5_000,
    });
    await w.nc.request("requests.order-flatbread", "", {
      headers: requestHeaders(defaultNames)(`no-${id}`, "replies.bob.x"),
      timeout: 5_000,
    });
  }
  let over = false;
  const search = async (from: number, ...ids: string[]) => {
    const found: Record<string, number> = {};
    const what = { subject: "requests.order-bagel", from, wanted: new Set(ids), over: () => over };
    await findUnconfirmed(w.nc, defaultNames, what, (id, sequence) => Object.assign(found, { [id]: sequence }));
    return found;
  };
  expect(await search(1, "one", "three", "four", "no-two")).toEqual({ one: 1, three: 5 });
  expect(await search(2, "one", "two")).toEqual({ two: 3 });
  expect(await search(9, "one")).toEqual({});
  over = true; // closed, or another break
  expect(await search(1, "one")).toEqual({});
  over = false;
  await w.jsm.streams.delete("REQUESTS");
  await expect(search(1, "one")).rejects.toMatchObject({ code: "not-set-up" });
});

test("a lookup is retried until its answer is final, at most 64 at a time", async () => {
  const asked: string[] = [];
  const ask =
    (name: string, ...answers: (Error | undefined)[]) =>
    async () => {
      asked.push(name);
      const answer = answers.shift();
      if (answer) throw answer;
    };
  const no = new NoAnswerError("not yet");
  await retryUntilAnswered(
    [ask("late", no, no), ask("refused", new NotPermittedError("never")), ask("there")],
    () => false,
  );
  expect(asked).toEqual(["late", "refused", "there", "late", "late"]);
  asked.length = 0;
  const many = Array.from({ length: 1_000 }, () => ask("one", no));
  await retryUntilAnswered(many, () => asked.length >= 64);
  expect(asked).toHaveLength(64);
});

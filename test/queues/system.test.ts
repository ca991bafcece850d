// Three queues, two of them with several consumers, in two accounts and through a leaf node, as 26 processes that crash: nothing crosses
// over, and nothing is lost.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { jetstreamManager } from "@nats-io/jetstream";
import { expect, test } from "vitest";
import { collect, type QueueOptions, setup } from "../../src/index.js";
import { endWithTheFile } from "../support/children.js";
import { startHubAndEdge } from "../support/leaf.js";

const accounts = `accounts {
  EAST { jetstream: enabled, users: [ { user: east, password: east } ] }
  WEST { jetstream: enabled, users: [ { user: west, password: west } ] }
}`;

interface QueueOfTest {
  label: string;
  user: "east" | "west";
  options: QueueOptions;
  stream: string;
  replies: string;
  subjects: string[];
  consumers: string[];
  /** Where the requesters and responders are. */
  from: ("hub" | "edge")[];
}

const lanes = { subjects: ["now.till", "later.report"], consumers: ["interactive", "batch"] };

/** The second and the third have the same name, in different accounts. */
const queues: QueueOfTest[] = [
  {
    ...{ label: "east-default", user: "east", options: {}, stream: "REQUESTS", replies: "REPLIES" },
    ...{ ...lanes, from: ["hub", "edge"] },
  },
  {
    ...{ label: "east-shop-orders", user: "east", options: { queue: "shop.orders" } },
    ...{ stream: "SHOP_ORDERS_REQUESTS", replies: "SHOP_ORDERS_REPLIES", ...lanes, from: ["edge", "hub"] },
  },
  {
    ...{ label: "west-shop-orders", user: "west", options: { queue: "shop.orders" } },
    ...{ stream: "SHOP_ORDERS_REQUESTS", replies: "SHOP_ORDERS_REPLIES" },
    ...{ subjects: ["now.till", "later.report"], consumers: ["responder"], from: ["hub"] },
  },
];

const requestsEach = 30;
const domain = "hub";

type Record =
  | { by: string; e: "ready" }
  | { by: string; e: "ran"; id: string; subject: string; label: string }
  | { by: string; e: "sends"; id: string }
  | { by: string; e: "reply"; id: string; subject: string; status: string; text: string };

const records: Record[] = [];
const service = fileURLToPath(new URL("processes/service.mjs", import.meta.url));
const dist = new URL("../../dist/index.js", import.meta.url).href;

interface Service {
  child: ChildProcess;
  ready: Promise<void>;
  ended: Promise<number | null>;
}

function start(args: object): Service {
  const child = spawn(process.execPath, [service, JSON.stringify({ dist, ...args })], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  endWithTheFile(child);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      const record = JSON.parse(line) as Record;
      records.push(record);
      if (record.e === "ready") resolve();
    });
    void ended.then((code) => reject(new Error(`a process ended with ${code} before it was ready`)));
  });
  ready.catch(() => {}); // it is handled where it is awaited
  return { child, ready, ended };
}

test("20 requesters and 6 responders of three queues keep everything apart and lose nothing, while processes crash", async () => {
  await using servers = await startHubAndEdge({ accounts, remote: "east:east@", domain });
  const hub = {
    east: await servers.hub.connect({ user: "east", pass: "east" }),
    west: await servers.hub.connect({ user: "west", pass: "west" }),
  };
  for (const { user, options, consumers } of queues) {
    const [interactive, batch] = consumers;
    const several = batch && {
      consumers: { [interactive as string]: { subjects: ["now.>"] }, [batch]: { subjects: ["later.>"] } },
    };
    await setup(hub[user], { ...options, ...several, ackWaitMs: 2_000 });
  }
  const at = (place: "hub" | "edge", { user, options }: QueueOfTest) => ({
    servers: servers[place].url,
    ...(place === "edge" ? { options: { ...options, domain } } : { user, options }),
  });
  const responder = (queue: QueueOfTest, n: number) =>
    start({
      ...at(queue.from[n % queue.from.length] as "hub", queue),
      ...{ role: "responder", name: `bob-${n}`, label: queue.label, consumers: queue.consumers },
    });
  const responders = queues.map((queue) => [0, 1].map((n) => responder(queue, n)));
  await Promise.all(responders.flat().map(({ ready }) => ready));

  const requesters = queues.flatMap((queue, index) =>
    Array.from({ length: index === 0 ? 8 : 6 }, (_, n) => {
      const name = `${queue.label}-${n}`;
      const place = at(queue.from[n % queue.from.length] as "hub", queue);
      const { subjects } = queue;
      return { name, queue, ...start({ ...place, role: "requester", name, requests: requestsEach, subjects }) };
    }),
  );
  expect(requesters).toHaveLength(20);
  await Promise.all(requesters.map(({ ready }) => ready));

  // One responder of each queue is killed in its work and another one takes its place; then a requester of each queue is killed.
  const ran = (label: string) => records.filter((record) => record.e === "ran" && record.label === label).length;
  const killed: string[] = [];
  for (const [index, queue] of queues.entries()) {
    await expect.poll(() => ran(queue.label), { timeout: 60_000 }).toBeGreaterThan(20);
    responders[index]?.[0]?.child.kill("SIGKILL");
    responders[index]?.push(responder(queue, 2));
    const victim = requesters.find(({ name }) => name === `${queue.label}-1`);
    victim?.child.kill("SIGKILL");
    killed.push(`${queue.label}-1`);
  }
  const codes = await Promise.all(requesters.map(async ({ name, ended }) => [name, await ended]));
  expect(codes.filter(([name, code]) => code !== 0 && !killed.includes(name as string))).toEqual([]);

  // Nothing is lost: each request of a living requester has its reply, each stored request has one, and the streams are empty.
  const replies = records.filter((record) => record.e === "reply");
  expect(replies.filter(({ by }) => !killed.includes(by))).toHaveLength(17 * requestsEach);
  for (const { user, options, stream, replies: replyStream, label } of queues) {
    const jsm = await jetstreamManager(hub[user]);
    const state = async () => (await jsm.streams.info(stream)).state;
    await expect.poll(async () => (await state()).messages, { timeout: 60_000 }).toBe(0);
    const stored = (await state()).last_seq;
    expect((await jsm.streams.info(replyStream)).state.messages, label).toBe(stored);
    const { queue } = options;
    const sent = records.filter((record) => record.e === "sends" && record.by === `${label}-1`);
    for (const record of sent.slice(0, 5)) {
      const { id: request } = record as { id: string };
      const handle = { requester: `${label}-1`, request, stream, sequence: 0, ...(queue ? { queue } : {}) };
      expect((await collect(hub[user], handle))?.status, request).toBe("ok");
    }
  }

  // Nothing crosses over: the reply names the queue and the subject of its own request, and each handler ran requests of its queue only.
  for (const { by, id, subject, status, text } of replies) {
    const label = by.replace(/-\d+$/, "");
    expect({ status, text }).toEqual({ status: "ok", text: `${label}|${subject}|${id}` });
  }
  const strangers = records.filter((record) => record.e === "ran" && !record.id.startsWith(`${record.label}-`));
  expect(strangers).toEqual([]);
  for (const { child } of responders.flat()) child.kill("SIGKILL");
}, 240_000);

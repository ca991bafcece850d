// Service discovery (ADR-32) on a real server: by plain requests, and by the real nats CLI where there is one.
import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import type { NatsConnection } from "@nats-io/nats-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InvalidInputError, Requester, Responder, RetryLaterError, setup } from "../../src/index.js";
import { jsrrHere, startJsrr } from "../support/cli.js";
import { gate, type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";
import { startTestServer } from "../support/server.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const service = { name: "orders", version: "1.2.3", description: "Takes orders", metadata: { team: "blue" } };
const handlers = {
  "order-tea": () => "🍵",
  "order-stew": () => {
    throw new Error("sold out");
  },
  "eu.*": () => {
    throw new RetryLaterError("not now", { delayMs: 60_000 });
  },
};
const quick = { timeoutMs: 20_000 };

async function ask(nc: NatsConnection, subject: string) {
  return (await nc.request(subject, "", { timeout: 5_000 })).json<
    Record<string, unknown> & { endpoints: Endpoint[] }
  >();
}

interface Endpoint {
  [name: string]: unknown;
}

/** A request to each handler, and two that wait behind them. */
async function work(w: Harness) {
  const alice = await w.requester(quick);
  expect((await alice.request("order-tea")).status).toBe("ok");
  expect((await alice.request("order-tea")).status).toBe("ok");
  expect((await alice.request("order-stew")).status).toBe("error");
  await alice.send("eu.tea");
  await w.saw("returned");
  // An ack reaches the server after the reply.
  const unacknowledged = async () => (await w.jsm.consumers.info("REQUESTS", "responder")).num_ack_pending;
  await expect.poll(unacknowledged, soon).toBe(1);
}

test("a responder answers PING, INFO and STATS, by name and by id, with its handlers and what they did", async () => {
  await using w = await harnesses.next();
  await w.responder({ handlers, service });
  await work(w);
  const ping = await ask(w.nc, "$SRV.PING");
  const { id } = ping;
  expect(ping).toEqual({
    type: "io.nats.micro.v1.ping_response",
    ...{ name: "orders", version: "1.2.3", id: expect.stringMatching(/^\w{22}$/), metadata: { team: "blue" } },
  });
  expect(await ask(w.nc, `$SRV.PING.orders.${id}`)).toEqual(ping);
  const info = await ask(w.nc, "$SRV.INFO.orders");
  expect(info).toMatchObject({ type: "io.nats.micro.v1.info_response", id, description: "Takes orders" });
  expect(info.endpoints).toMatchObject([
    { name: "order-tea", subject: "requests.order-tea", queue_group: "responder" },
    { name: "order-stew", subject: "requests.order-stew", metadata: { handler: "order-stew", consumer: "responder" } },
    { name: "eu", subject: "requests.eu.*", metadata: { stream: "REQUESTS" } },
  ]);
  const stats = await ask(w.nc, "$SRV.STATS");
  expect(stats).toMatchObject({
    type: "io.nats.micro.v1.stats_response",
    id,
    started: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  expect(stats.endpoints).toMatchObject([
    { name: "order-tea", num_requests: 2, num_errors: 0, last_error: "" },
    { name: "order-stew", num_requests: 1, num_errors: 1, last_error: "sold out" },
    { name: "eu", num_requests: 1, num_errors: 1, last_error: "not now", data: { queue_depth: 0, unacknowledged: 1 } },
  ]);
  const [tea] = stats.endpoints as { processing_time: number; average_processing_time: number }[];
  expect(tea?.processing_time).toBeGreaterThan(0);
  expect(Math.abs((tea?.average_processing_time ?? 0) - (tea?.processing_time ?? 0) / 2)).toBeLessThan(1);
});

test("the queue depth counts the requests that wait for a responder", async () => {
  await using w = await harnesses.next();
  const free = gate();
  await w.responder({ handlers: { slow: () => free.opened.then(() => "") }, service, concurrency: 1 });
  const alice = await w.requester();
  for (let n = 0; n < 5; n++) await alice.send("slow");
  await w.saw("delivered");
  await expect
    .poll(async () => (await ask(w.nc, "$SRV.STATS.orders")).endpoints[0]?.data, soon)
    .toEqual({ queue_depth: 4, unacknowledged: 1 });
  free.open();
});

test("a responder without the option, and a drained one, answer no discovery", async () => {
  await using w = await harnesses.next();
  const bob = await w.responder({ handlers, service });
  await w.responder({ handlers, name: "carol" });
  expect((await ask(w.nc, "$SRV.PING")).name).toBe("orders");
  await bob.drain();
  await expect(ask(w.nc, "$SRV.PING")).rejects.toThrow(/no responders/i);
});

test("jsrr respond --service answers discovery", async () => {
  await using server = await startTestServer();
  const nc = await server.connect();
  const env = { NATS_URL: server.url };
  expect((await jsrrHere(["setup"], { env })).code).toBe(0);
  const responder = startJsrr(["respond", "--service", "sandwiches"], { env });
  await expect
    .poll(() => ask(nc, "$SRV.PING.sandwiches").catch(() => undefined), soon)
    .toMatchObject({ version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  responder.signal("SIGTERM");
  expect((await responder.ended).code).toBe(0);
});

const denied = (what: string) => `
accounts { A { jetstream: enabled, users: [
  { user: admin, password: a }
  { user: bob, password: b, permissions: { ${what} } }
] } }`;

test.each([
  ["subscribe to $SRV.>", 'subscribe: { deny: ["$SRV.>"] }'],
  ["publish to the inbox of who asks", 'publish: { deny: ["_INBOX_admin.>"] }'],
])("an account that may not %s answers requests, and causes one warning", async (_, permission) => {
  await using server = await startTestServer({ config: denied(permission) });
  const admin = await server.connect({ user: "admin", pass: "a", inboxPrefix: "_INBOX_admin" });
  await setup(admin, { storage: "memory" });
  const warnings: string[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning.message);
  process.on("warning", onWarning);
  try {
    const nc = await server.connect({ user: "bob", pass: "b" });
    await using _bob = await Responder.start(nc, { handlers: { tea: "🍵" }, service });
    for (let n = 0; n < 3; n++) await ask(admin, "$SRV.PING.orders").catch(() => {});
    await using alice = await Requester.open(admin, { name: "alice", ...quick });
    expect((await alice.request("tea")).text).toBe("🍵");
    await expect.poll(() => warnings.filter((text) => text.includes("service discovery")), soon).toHaveLength(1);
    expect(warnings.join()).toMatch(/answers no service discovery \(\$SRV\.>\), and goes on without it: /);
  } finally {
    process.off("warning", onWarning);
  }
});

test.each([
  [{ name: "my orders", version: "1.0.0" }, /^Expected service\.name to be 1 to 64 letters/],
  [{ name: "orders", version: "1" }, /^Expected service\.version to be a semantic version such as 1\.2\.0, got "1"\.$/],
  [{ name: "orders", version: "1.0.0", desc: "x" }, /^Responder\.start, service, has no option "desc"/],
])("the service %j is refused", async (wrong, message) => {
  await using w = await harnesses.next(false);
  const started = Responder.start(w.nc, { handlers, service: wrong });
  await expect(started).rejects.toThrow(message);
  await expect(started).rejects.toBeInstanceOf(InvalidInputError);
});

const cli = process.env.NATS_CLI ?? "nats";
const hasCli = (() => {
  try {
    return /^v?\d+\.\d+/.test(execFileSync(cli, ["--version"], { encoding: "utf8" }));
  } catch {
    console.log(
      `The nats CLI is not tested: ${cli} does not run; \`go install github.com/nats-io/natscli/nats@latest\`, or name it in NATS_CLI.`,
    );
    return false;
  }
})();

describe.skipIf(!hasCli)("nats micro", () => {
  const nats = async (w: Harness, ...args: string[]) => {
    const connection = ["--server", harnesses.server.url, "--user", w.user, "--password", "w"];
    return (
      await promisify(execFile)(cli, ["micro", ...args, ...connection], { env: { ...process.env, NO_COLOR: "1" } })
    ).stdout;
  };

  test("ls, info and stats show name, version, handlers, requests, errors, times and queue depth", async () => {
    await using w = await harnesses.next();
    await w.responder({ handlers, service });
    await work(w);
    expect(await nats(w, "ls")).toMatch(/orders\s*│\s*1\.2\.3/);
    const info = await nats(w, "info", "orders");
    expect(info).toMatch(/Service: orders \(\w{22}\)/);
    expect(info).toMatch(/Description: Takes orders[\s\S]*Version: 1\.2\.3[\s\S]*Subject: requests\.order-tea/);
    expect(info).toMatch(/Last Error: sold out/);
    expect(info).toContain('"queue_depth": 0');
    const stats = await nats(w, "stats", "orders");
    expect(stats).toMatch(/order-tea\s*│\s*2\s*│\s*responder\s*│\s*0\s*│/);
    expect(stats).toMatch(/order-stew\s*│\s*1\s*│\s*responder\s*│\s*1\s*│/);
    expect(await nats(w, "ping", "orders")).toContain("orders");
  });
});

// `npm run bench:peers`: the kit's mailbox beside other durable ways to get a reply, in one run. A peer that cannot be had is skipped
// with its reason: Redis, RabbitMQ and Go come from the machine, and the clients from `npm ci` in this folder.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { markdownTable } from "../../dist/bench/markdown.js";
import { openPlace } from "../../dist/bench/place.js";
import { setUpStreams } from "../../dist/bench/rows/streams.js";
import { setStage } from "../../dist/bench/stage.js";
import { median, medianRatio } from "../../dist/bench/statistics.js";
import { cpuPerRequest, usageOf } from "../../dist/bench/usage.js";
import { startWorker } from "../../dist/bench/workers/worker.js";
import { killed, requireClient, requireCommand, Skipped, startRabbit, startRedis } from "./daemons.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    requests: { type: "string", default: "20000" },
    "in-flight": { type: "string", default: "500" },
    peers: { type: "string", default: "mailbox-default,mailbox,naive,bullmq,rabbitmq,nestjs,go" },
  },
});
const [rounds, requests, inFlight] = [values.rounds, values.requests, values["in-flight"]].map(Number);
const here = fileURLToPath(new URL(".", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "bench-peers-of-jsrr-"));
const note = console.error;

/** A stage as bench/stage.ts has it: `measure` and `release`. */
const own = (row, place) => async () => {
  const stage = await setStage(place, row);
  return { measure: (load) => stage.measure(load), release: () => stage[Symbol.asyncDispose]() };
};

async function measured(load, pids, run) {
  const before = pids.map(usageOf);
  const result = await run();
  const cpu = pids.map((pid, i) => cpuPerRequest(before[i], usageOf(pid), load.requests));
  const [requester, responder, server] = cpu;
  return { ...result, requestsPerSecond: load.requests / result.seconds, cpu: { requester, responder, server } };
}

async function workers(name, url, place, server, more = {}) {
  const start = (role) => {
    const settings = { url, concurrency: inFlight, ...more };
    return startWorker({
      file: new URL("worker.mjs", import.meta.url).href,
      job: `${name}-${role}`,
      settings,
      folder: place.folder,
    });
  };
  const responder = await start("responder");
  const requester = await start("requester");
  const pids = [requester.pid, responder.pid, server.pid];
  return {
    measure: (load) => measured(load, pids, () => requester.call("load", load)),
    release: async () => {
      await requester[Symbol.asyncDispose]();
      await responder[Symbol.asyncDispose]();
      await server.stop();
    },
  };
}

const bullmq = (place) => async () => {
  requireClient("bullmq");
  const redis = await startRedis(place, folder);
  return workers("bullmq", redis.url, place, redis);
};

const rabbitmq = (place) => async () => {
  requireClient("amqplib");
  const broker = await startRabbit(place, folder);
  return workers("rabbitmq", broker.url, place, broker);
};

/** On an account of the kit's server. */
const nestjs = (place) => async () => {
  requireClient("@horizon-republic/nestjs-jetstream");
  const server = { pid: place.server.pid, stop: async () => {} };
  return workers("nestjs", place.settings("nestjs").servers, place, server, { user: "nestjs" });
};

const go = (place) => async () => {
  requireCommand("go", "a Go toolchain of 1.24 or later");
  const binary = join(folder, "go-peer");
  try {
    execFileSync("go", ["build", "-o", binary, "."], { cwd: join(here, "go"), stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    throw new Skipped(`go build: ${String(error.stderr).trim().split("\n").at(-1)}`);
  }
  await setUpStreams(await place.connect("go"));
  const process = async (role) => {
    const child = spawn(binary, [role, place.settings("go").servers, "go"], { stdio: ["pipe", "pipe", "inherit"] });
    place.folder.adopt(child.pid);
    const exited = new Promise((resolve) => child.once("exit", resolve));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    await lines.next();
    const load = async ({ requests, inFlight, payloadBytes }) => {
      child.stdin.write(`${requests} ${inFlight} ${payloadBytes}\n`);
      return JSON.parse((await lines.next()).value);
    };
    return { pid: child.pid, load, stop: () => killed(child, exited) };
  };
  const [responder, requester] = [await process("responder"), await process("requester")];
  const pids = [requester.pid, responder.pid, place.server.pid];
  return {
    measure: (load) => measured(load, pids, () => requester.load(load)),
    release: async () => {
      await requester.stop();
      await responder.stop();
    },
  };
};

const wanted = values.peers.split(",");
const place = await openPlace(["mailbox-default", "mailbox", "naive", "nestjs", "go"], note);
try {
  const rows = ["mailbox-default", "mailbox", "naive"].map((row) => [row, own(row, place)]);
  const all = [
    ...rows,
    ["bullmq", bullmq(place)],
    ["rabbitmq", rabbitmq(place)],
    ["nestjs", nestjs(place)],
    ["go", go(place)],
  ];
  const [stages, skipped] = [new Map(), []];
  try {
    for (const [name, open] of all.filter(([name]) => wanted.includes(name))) {
      note(`starting ${name}`);
      try {
        stages.set(name, { stage: await open(), results: [] });
      } catch (error) {
        if (!(error instanceof Skipped)) throw error;
        skipped.push(`${name} is skipped: ${error.message}.`);
      }
    }
    const load = { requests, inFlight, payloadBytes: 128 };
    for (const { stage } of stages.values()) await stage.measure({ ...load, requests: Math.ceil(requests / 4) }); // warms up
    for (let round = 1; round <= rounds; round++) {
      const order = round % 2 ? [...stages] : [...stages].reverse();
      for (const [name, { stage, results }] of order) {
        const result = await stage.measure(load);
        results.push(result);
        note(`round ${round} of ${rounds}: ${name} ${Math.round(result.requestsPerSecond)} requests/s`);
      }
    }
  } finally {
    for (const { stage } of stages.values()) await stage.release();
  }
  const rates = (name) => stages.get(name).results.map((one) => one.requestsPerSecond);
  const [base] = stages.keys();
  const cpuOf = (results, part) => median(results.map(({ cpu }) => cpu[part] ?? Number.NaN));
  const lines = [...stages].map(([name, { results }]) => {
    const parts = ["requester", "responder", "server"].map((part) => cpuOf(results, part));
    const whole = median(results.map(({ cpu }) => cpu.requester + cpu.responder + cpu.server));
    const ratio = medianRatio(rates(name), rates(base));
    return [
      name,
      whole.toFixed(1),
      ...parts.map((one) => one.toFixed(1)),
      median(rates(name)).toFixed(0),
      ratio.toFixed(2),
      median(results.map(({ p50 }) => p50)).toFixed(0),
    ];
  });
  console.log(
    `${requests} requests, ${inFlight} in flight, medians of ${rounds} rounds; CPU in µs per request, p50 in µs, × is the\nmedian of the ratios of the rates to ${base} in the same round\n`,
  );
  console.log(markdownTable(["", "CPU, µs", "requester", "responder", "server", "req/s", "rate, ×", "p50, µs"], lines));
  for (const line of skipped) console.log(line);
} finally {
  await place[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
}

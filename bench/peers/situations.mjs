// `npm run bench:situations`: five situations with each peer, as docs/comparison.md shows them. Requesters and responders
// are processes; a responder is killed with SIGKILL. A peer that cannot be had is skipped with its reason.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openPlace } from "../../dist/bench/place.js";
import { freePort, requireClient, Skipped, startRabbit, startRedis, startRestate } from "./daemons.mjs";

const { values } = parseArgs({
  options: { peers: { type: "string", default: "kit,core,bullmq,rabbitmq,nestjs,restate" } },
});
const wanted = values.peers.split(",");
const program = fileURLToPath(new URL("situation-peer.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "bench-situations-of-jsrr-"));
const note = console.error;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What a peer's processes have to know: addresses, as variables of their environment. */
const peers = {
  kit: (place) => onNats(place, "kit"),
  core: (place) => onNats(place, "core"),
  bullmq: async (place) => {
    requireClient("bullmq");
    const { url, stop, version } = await startRedis(place, folder);
    return { env: { URL: url }, stop, server: `Redis ${version}` };
  },
  rabbitmq: async (place) => {
    requireClient("amqplib");
    const { url, stop, version } = await startRabbit(place, folder);
    return { env: { URL: url }, stop, server: `RabbitMQ ${version}` };
  },
  nestjs: (place) => {
    requireClient("@horizon-republic/nestjs-jetstream");
    return onNats(place, "nestjs");
  },
  restate: async (place) => {
    const { url, admin, stop, version } = await startRestate(place, folder);
    const port = await freePort();
    return {
      env: { URL: url, ENDPOINT: `${port}` },
      stop,
      server: `Restate ${version}`,
      registered: register(admin, port),
    };
  },
};

async function onNats(place, account) {
  const server = `nats-server ${place.server.version}`;
  return { env: { URL: place.settings(account).servers, USER: account }, stop: async () => {}, server };
}

/** Restate calls its services, so it has to know them. */
const register = (admin, port) => async () => {
  const body = JSON.stringify({ uri: `http://127.0.0.1:${port}`, force: true });
  const headers = { "content-type": "application/json" };
  const { ok, status } = await fetch(`${admin}/deployments`, { method: "POST", headers, body });
  if (!ok) throw new Error(`Restate refused the deployment with ${status}.`);
};

/** The processes and the effects of one situation. */
class Situation {
  #number = 0;
  constructor(place, name, { env, registered }) {
    this.place = place;
    this.name = name;
    this.env = env;
    this.registered = registered;
  }

  begin() {
    this.folder = join(folder, `${this.name}-${++this.#number}`);
    this.id = `${this.name}-${process.pid}-${this.#number}`;
    mkdirSync(this.folder);
  }

  start(role, { timeoutMs = 20_000, env = {} } = {}) {
    const args = [program, this.name, role, this.id, `${timeoutMs}`];
    const all = { ...process.env, ...this.env, FOLDER: this.folder, ...env };
    const child = spawn(process.execPath, args, { env: all, stdio: ["ignore", "pipe", "ignore"] });
    this.place.folder.adopt(child.pid);
    const exited = new Promise((resolve) => child.once("exit", resolve));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    // A client may log lines of its own.
    const next = async () => {
      for (;;) {
        const { value, done } = await lines.next();
        if (done || value === "ready" || value.startsWith("{")) return value;
      }
    };
    const kill = () => {
      child.kill("SIGKILL");
      return exited;
    };
    return { next, kill, exited };
  }

  async responder(env) {
    const responder = this.start("respond", { env });
    const line = await responder.next();
    if (line !== "ready") throw new Error(`The responder of ${this.name} did not start: ${line}`);
    await this.registered?.();
    return responder;
  }

  /** One process from its start to its reply. */
  async outcome(role, options) {
    return JSON.parse((await this.start(role, options).next()) ?? '{"error":"the process ended"}');
  }

  get effects() {
    const file = join(this.folder, "effects");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").length : 0;
  }

  async untilEffect() {
    for (const end = performance.now() + 15_000; this.effects === 0 && performance.now() < end; ) await pause(50);
  }
}

const times = (n) => ["no effect", "one effect", "two effects"][n] ?? `${n} effects`;
const shown = (outcome) => (outcome.reply === undefined ? `**no reply**: ${outcome.error}` : "reply");

/** Runs `act` beside a responder, which is killed afterwards. */
async function beside(s, act) {
  const responder = await s.responder();
  try {
    return await act();
  } finally {
    await responder.kill();
  }
}

const situations = {
  "both sides are online": (s) => beside(s, async () => `${shown(await s.outcome("request"))}, ${times(s.effects)}`),
  // It ran before: nestjs-jetstream creates its streams then, and Restate knows its services.
  "the responder starts 2.5 s after the request": async (s) => {
    await (await s.responder()).kill();
    const reply = s.outcome("request");
    await pause(2_500);
    return beside(s, async () => `${shown(await reply)}, ${times(s.effects)}`);
  },
  "the requester exits after its request, and another process asks for the reply": async (s) => {
    await (await s.responder()).kill();
    const sent = await s.outcome("send");
    return beside(s, async () => {
      if (sent.reply !== undefined) await s.untilEffect();
      const reply = await s.outcome("collect", { timeoutMs: 5_000 });
      return `${shown(reply)}, ${times(s.effects)}`;
    });
  },
  "the responder is killed after the effect, before its reply": async (s) => {
    const first = await s.responder({ CRASH: "1" });
    const reply = s.outcome("request", { timeoutMs: 30_000 });
    await first.exited;
    return beside(s, async () => `${shown(await reply)}, ${times(s.effects)}`);
  },
  "the same id is sent twice": (s) =>
    beside(s, async () => {
      const [first, second] = [await s.outcome("request"), await s.outcome("request")];
      const same = first.reply !== undefined && first.reply === second.reply && s.effects === 1;
      return `${same ? "the same reply twice" : `${shown(first)}; ${shown(second)}`}, ${times(s.effects)}`;
    }),
};

const place = await openPlace(["kit", "core", "nestjs"], note);
const [columns, skipped] = [new Map(), []];
try {
  for (const name of Object.keys(peers).filter((name) => wanted.includes(name))) {
    let peer;
    try {
      peer = await peers[name](place);
    } catch (error) {
      if (!(error instanceof Skipped)) throw error;
      skipped.push(`${name} is skipped: ${error.message}.`);
      continue;
    }
    const situation = new Situation(place, name, peer);
    const cells = [];
    columns.set(`${name} (${peer.server})`, cells);
    try {
      for (const [what, play] of Object.entries(situations)) {
        situation.begin();
        const cell = await play(situation);
        cells.push(cell);
        note(`${name}: ${what}: ${cell}`);
      }
    } finally {
      await peer.stop();
    }
  }
} finally {
  await place[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
}
const row = (cells) => `| ${cells.join(" | ")} |`;
console.log(row(["situation", ...columns.keys()]));
console.log(`|${"---|".repeat(columns.size + 1)}`);
Object.keys(situations).forEach((what, i) => {
  console.log(row([what, ...[...columns.values()].map((cells) => cells[i])]));
});
for (const line of ["temporal is from its documentation: this script does not start its server.", ...skipped])
  console.log(line);

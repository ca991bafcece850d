// Daemons: the servers of the peers, each in a folder of its own, on free ports of 127.0.0.1.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));

/** A peer that cannot be had here; its message is the reason. */
export class Skipped extends Error {}

const has = (command) => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;

export function requireCommand(command, how) {
  if (!has(command)) throw new Skipped(`${command} is not installed (${how})`);
}

/** The clients have a lock file of their own; those of the tests are in the root. */
export function requireClient(name) {
  if (existsSync(join(here, "node_modules", name))) return;
  if (!existsSync(join(here, "../../node_modules", name))) throw new Skipped("run `npm ci` in bench/peers first");
}

export const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

export function killed(child, exited) {
  child.kill("SIGKILL");
  return exited;
}

/** Ends with this process; `stop` waits for its end. */
function daemon(place, command, args, env = {}) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "ignore"] });
  place.folder.adopt(child.pid);
  const exited = new Promise((resolve) => child.once("exit", resolve));
  return { pid: child.pid, exited, stop: () => killed(child, exited) };
}

async function until(holds, what, ms = 60_000) {
  for (const end = performance.now() + ms; performance.now() < end; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Skipped(`${what} was not ready within ${ms / 1000} s`);
}

const answers = (command, args, env = {}) =>
  spawnSync(command, args, { env: { ...process.env, ...env }, stdio: "ignore", timeout: 30_000 }).status === 0;

/** With an append-only file, written each second: a job survives a killed worker, and mostly a killed server. */
export async function startRedis(place, folder) {
  requireCommand("redis-server", "apt-get install redis-server");
  const port = await freePort();
  const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes", "--save", ""];
  const redis = daemon(place, "redis-server", args);
  await until(() => answers("redis-cli", ["-p", `${port}`, "ping"]), "redis-server");
  return { ...redis, url: `redis://127.0.0.1:${port}`, version: versionOf("redis-server", ["--version"]) };
}

/** Debian's script in /usr/sbin starts the broker as another user; the program beside it runs as this one. */
function rabbitProgram(name) {
  const program = join("/usr/lib/rabbitmq/bin", name);
  return existsSync(program) ? program : name;
}

export async function startRabbit(place, folder) {
  requireCommand("rabbitmq-server", "apt-get install rabbitmq-server");
  const [port, dist, epmd] = [await freePort(), await freePort(), await freePort()];
  const enabled = join(folder, "enabled_plugins");
  writeFileSync(enabled, "[].\n");
  const env = {
    HOME: folder,
    ERL_EPMD_PORT: `${epmd}`,
    RABBITMQ_NODENAME: "bench@localhost",
    RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
    RABBITMQ_NODE_PORT: `${port}`,
    RABBITMQ_DIST_PORT: `${dist}`,
    RABBITMQ_MNESIA_BASE: join(folder, "mnesia"),
    RABBITMQ_LOG_BASE: join(folder, "log"),
    RABBITMQ_ENABLED_PLUGINS_FILE: enabled,
    RABBITMQ_PID_FILE: join(folder, "rabbitmq.pid"),
  };
  const broker = daemon(place, rabbitProgram("rabbitmq-server"), [], env);
  const pidOf = () => {
    try {
      return Number(readFileSync(env.RABBITMQ_PID_FILE, "utf8"));
    } catch {
      return 0;
    }
  };
  const cli = rabbitProgram("rabbitmqctl");
  await until(
    () => pidOf() > 0 && answers(cli, ["-n", "bench@localhost", "await_startup", "--timeout", "5"], env),
    "rabbitmq-server",
    120_000,
  );
  const pid = pidOf();
  place.folder.adopt(pid);
  const version = spawnSync(cli, ["version"], { env: { ...process.env, ...env }, encoding: "utf8" }).stdout?.trim();
  const stop = async () => {
    process.kill(pid, "SIGKILL");
    await broker.stop();
    // It refuses while it counts the broker as alive.
    await until(() => answers("epmd", ["-port", `${epmd}`, "-kill"]), "the end of epmd", 5_000).catch(() => {});
  };
  return { pid, stop, url: `amqp://guest:guest@127.0.0.1:${port}`, version };
}

export async function startRestate(place, folder) {
  requireClient("@restatedev/restate-sdk");
  // On Node 20 its server gets no answer from its SDK 1.17.
  const { node } = process.versions;
  if (Number.parseInt(node, 10) < 22) throw new Skipped(`its SDK needs Node 22, and this is Node ${node}`);
  const packed = `@restatedev/restate-server-${process.platform}-${process.arch}`;
  requireClient(packed);
  const [ingress, admin, fabric] = [await freePort(), await freePort(), await freePort()];
  const base = join(folder, "restate");
  mkdirSync(base);
  const program = join(here, "node_modules", packed, "bin/restate-server");
  const address = (port) => `127.0.0.1:${port}`;
  const restate = daemon(place, program, ["--base-dir", base], {
    TMPDIR: base, // a killed server leaves its folders there
    RESTATE_DISABLE_TELEMETRY: "true",
    RESTATE_BIND_ADDRESS: address(fabric),
    RESTATE_INGRESS__BIND_ADDRESS: address(ingress),
    RESTATE_ADMIN__BIND_ADDRESS: address(admin),
  });
  const healthy = (port, path) =>
    fetch(`http://${address(port)}${path}`).then(
      ({ ok }) => ok,
      () => false,
    );
  const ready = async () => (await healthy(admin, "/health")) && (await healthy(ingress, "/restate/health"));
  await until(ready, "restate-server", 120_000);
  const urls = { url: `http://${address(ingress)}`, admin: `http://${address(admin)}` };
  return { ...restate, ...urls, version: versionOf(program, ["--version"]) };
}

const versionOf = (command, args) =>
  /\d+\.\d+\.\d+/.exec(spawnSync(command, args, { encoding: "utf8" }).stdout ?? "")?.[0] ?? "?";

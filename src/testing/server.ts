// Lab server: one nats-server for many labs, with an account for each.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { acquiring, type Releases } from "../common/release.js";
import type { ConnectionSettings } from "../connection/connect.js";
import { checkOptions, type OptionNames } from "../protocol/check-options.js";
import { createRunFolder, findServer, NatsServer, sweepRunFolders } from "../server/index.js";
import { startContainer } from "./container.js";
import type { StartedServer } from "./started-server.js";

/** How a lab server starts. */
export type LabServerOptions = OriginOptions;

/** An account of a lab server. */
export interface LabAccount {
  /** For `openConnection`. */
  connection: ConnectionSettings;
  /** Where the server comes from, e.g. `PATH`, `cache`, `container nats:2.14.0-alpine`. */
  origin: string;
}

/**
 * One nats-server for many labs: `startLab({ server })`. Each lab gets an account of its own, so that the kit's fixed stream names do not
 * collide and tests may run concurrently. No account is used twice: a service that a test did not stop cannot receive the next test's requests.
 */
export interface LabServer extends AsyncDisposable {
  /** Whether the server runs in a container; scenarios then run there, too. */
  readonly container: boolean;
  /** A fresh account. When all accounts of a server are used, another server is started. */
  account(): Promise<LabAccount>;
}

/** Accounts of one server. More make its start slower (1,000 take about half a second). */
const accounts = 64;

/**
 * Starts a server for {@link startLab}.
 * @throws ServerNotFoundError when no nats-server is found or can be fetched, ContainerUnavailableError with `container`.
 * @example
 * await using server = await startLabServer();
 * await using lab = await startLab({ server });
 */
export async function startLabServer(options: LabServerOptions = {}): Promise<LabServer> {
  checkOptions("startLabServer", options, originOptionNames);
  return acquiring(async (releases) => {
    const pool = new AccountPool(options, releases);
    await pool.more();
    const container = Boolean(options.container);
    return { container, account: () => pool.next(), [Symbol.asyncDispose]: () => releases[Symbol.asyncDispose]() };
  });
}

class AccountPool {
  readonly #options: LabServerOptions;
  readonly #releases: Releases;
  readonly #free: LabAccount[] = [];
  #starting: Promise<void> | undefined;

  constructor(options: LabServerOptions, releases: Releases) {
    this.#options = options;
    this.#releases = releases;
  }

  async next(): Promise<LabAccount> {
    for (;;) {
      const account = this.#free.shift();
      if (account) return account;
      await this.more();
    }
  }

  /** Several labs may ask at once; one server is enough for all of them. */
  more(): Promise<void> {
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #start(): Promise<void> {
    // Any user of this machine can reach the server.
    const password = randomBytes(16).toString("hex");
    const users = Array.from({ length: accounts }, (_, n) => `lab${n + 1}`);
    const started = await startOrigin(accountsConfig(users, password), this.#options);
    this.#releases.keep(started);
    for (const user of users) this.#free.push(accountOn(started, { user, password }));
  }
}

/** One account for each user. In quotes: the server reads a password such as `5e12ab` as the beginning of a number. */
export function accountsConfig(users: readonly string[], password: string): string {
  const lines = users.map((u) => `  ${u} { jetstream: enabled, users: [{ user: "${u}", password: "${password}" }] }`);
  return `accounts {\n${lines.join("\n")}\n}`;
}

/** A server for one lab alone: no accounts and no password, so that its plain URL is enough for any client. */
export async function startSingleServer(
  options: OriginOptions,
): Promise<LabAccount & AsyncDisposable & { process?: NatsServer }> {
  const started = await startOrigin("", options);
  const { process } = started;
  return { ...accountOn(started, {}), process, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
}

const accountOn = (server: StartedServer, credentials: { user?: string; password?: string }): LabAccount => ({
  connection: { servers: server.url, ...credentials },
  origin: server.origin,
});

/** Where the nats-server of a lab comes from: a process of the kit, or a container. */
export interface OriginOptions {
  /**
   * Run nats-server in a container (needs `@testcontainers/nats` and a Docker engine); a text names the image. Default:
   * a process, with the nats-server that the kit finds or fetches. */
  container?: boolean | string;
  /** One line of text at a time, while a server is being fetched. */
  onProgress?: (line: string) => void;
}

export const originOptionNames = { container: true, onProgress: true } satisfies OptionNames<OriginOptions>;

/** `config` is nats-server configuration, on top of a random port and JetStream. */
function startOrigin(config: string, { container, onProgress }: OriginOptions): Promise<StartedServer> {
  if (container) return startContainer(config, container === true ? undefined : container);
  return startProcess(config, onProgress);
}

// A nats-server as a child process: found or fetched like every server of the kit, with a folder of its own.

let swept = false;

/** @throws ServerNotFoundError, ServerUnusableError, ServerDidNotStartError; each says what to do. */
function startProcess(config: string, onProgress?: (line: string) => void): Promise<StartedServer> {
  return acquiring(async (releases) => {
    // Folders of killed test runs are removed, once per process.
    if (!swept) sweepRunFolders();
    swept = true;
    const binary = await findServer(onProgress ? { onProgress } : {});
    const folder = releases.keep(await createRunFolder());
    // One for each start of the server: a restarted one has another pid.
    let watch: AsyncDisposable | undefined;
    releases.add(() => watch?.[Symbol.asyncDispose]());
    const onSpawn = (pid: number) => {
      folder.adopt(pid);
      void watch?.[Symbol.asyncDispose]();
      watch = guard(pid, folder.path);
    };
    const server = await NatsServer.start({ binary, folder: folder.path, config, onSpawn });
    // Its store is deleted: there is nothing to flush.
    releases.add(() => (server.running ? server.kill() : undefined));
    const { url, origin } = server;
    return { url, origin, process: server, [Symbol.asyncDispose]: () => releases[Symbol.asyncDispose]() };
  });
}

// The guard. Test runners end their workers with a signal (Ctrl-C, a time-out, a crash), and no exit handler runs then. So a shell waits at
// a pipe that only this process holds open: however the process ends, the shell kills the server and removes its folder.

// Pids are used again: it kills the process whose command line has the folder, and no other.

const script = `read -r _
if { tr '\\0' ' ' <"/proc/$1/cmdline" || ps -o args= -p "$1"; } 2>/dev/null | grep -qF -- "$2"; then kill -KILL "$1"; fi
rm -rf "$2"`;

/** Where there is no `sh`, the next start sweeps instead. */
function guard(pid: number, folder: string): AsyncDisposable {
  const shell = spawn("sh", ["-c", script, "sh", String(pid), folder], {
    stdio: ["pipe", "ignore", "ignore"],
    // Out of reach of a Ctrl-C at the terminal.
    detached: true,
  });
  const gone = new Promise<void>((resolve) => {
    shell.once("close", () => resolve());
    shell.once("error", () => resolve());
  });
  shell.stdin.on("error", () => {}); // it ended before us
  // It is no reason for this process to go on.
  shell.unref();
  const pipe = shell.stdin as typeof shell.stdin & { unref?(): void };
  pipe.unref?.();
  return {
    [Symbol.asyncDispose]: async () => {
      shell.ref();
      shell.kill("SIGKILL");
      await gone;
    },
  };
}

// The kit's own server in a run: it may be killed and started again on purpose, which is no reason to end the run.
import type { NatsConnection } from "@nats-io/nats-core";
import { watchConnection } from "../connection/watch.js";
import { type RunningServer, type StartOptions, startServer } from "../server/index.js";

/** Milliseconds for the laboratory's own connection to come back; the client tries again every two seconds. */
const backMs = 20_000;

export class OwnServer {
  /** Resolves when it ended without being asked to. */
  readonly died: Promise<Error>;
  readonly #asked = new WeakSet<RunningServer>();
  #running: RunningServer;
  #tellDied!: (error: Error) => void;

  private constructor(running: RunningServer) {
    this.#running = running;
    this.died = new Promise((resolve) => {
      this.#tellDied = resolve;
    });
    this.#watch(running);
  }

  static async start(options: StartOptions): Promise<OwnServer> {
    return new OwnServer(await startServer(options));
  }

  get url(): string {
    return this.#running.url;
  }

  get version(): string {
    return this.#running.version;
  }

  get origin(): string {
    return this.#running.origin;
  }

  kill(): Promise<unknown> {
    return this.#kill(this.#running);
  }

  /** SIGKILL, then the same port and store again. Resolves when `nc` is connected to it. */
  async restart(nc: NatsConnection): Promise<void> {
    const back = reconnected(nc);
    const killed = await this.#kill(this.#running);
    this.#running = await killed.restart();
    this.#watch(this.#running);
    await back;
  }

  #kill(running: RunningServer) {
    this.#asked.add(running);
    return running.kill();
  }

  #watch(running: RunningServer): void {
    void running.exited.then(({ code, signal }) => {
      if (this.#asked.has(running)) return;
      this.#tellDied(new Error(`nats-server ended by itself (${signal ?? `exit code ${code}`}).`));
    });
  }
}

function reconnected(nc: NatsConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      stop();
      reject(new Error(`The server was started again, and within ${backMs} ms nothing connected to it.`));
    }, backMs);
    const stop = watchConnection(nc, {
      reconnected: () => {
        clearTimeout(late);
        stop();
        resolve();
      },
    });
  });
}

// One nats-server of a run as something with a name that lasts while its process comes and goes.
import { type StartOptions, startServer } from "./launch.js";
import type { RunningServer, StoppedServer } from "./running-server.js";
import type { Exit } from "./server-process.js";
import { standstill } from "./standstill.js";

export class ServerNode {
  readonly name: string;
  /** They stay the same over a restart. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  readonly storeDir: string;
  readonly logFile: string;
  readonly version: string;
  readonly origin: string;
  /** Resolves when it ended without being asked to. */
  readonly died: Promise<Error>;
  #tellDied!: (error: Error) => void;
  #state: RunningServer | StoppedServer;
  #paused = false;

  private constructor(name: string, folder: string, server: RunningServer) {
    this.name = name;
    this.folder = folder;
    this.#state = server;
    ({ url: this.url, host: this.host, port: this.port, storeDir: this.storeDir } = server);
    ({ logFile: this.logFile, version: this.version, origin: this.origin } = server);
    this.died = new Promise((resolve) => {
      this.#tellDied = resolve;
    });
    this.#watch(server);
  }

  static async start(name: string, options: StartOptions): Promise<ServerNode> {
    return new ServerNode(name, options.folder, await startServer(options));
  }

  get running(): boolean {
    return "pid" in this.#state;
  }

  /** Frozen by {@link pause}. */
  get paused(): boolean {
    return this.#paused;
  }

  /** @throws where it does not run. */
  get pid(): number {
    return this.#server().pid;
  }

  /** SIGKILL. Resolves when the process is gone; a paused one can be killed, too. */
  async kill(): Promise<void> {
    await this.#end((server) => server.kill());
  }

  /** SIGTERM: it stops in good order. */
  async terminate(): Promise<void> {
    await this.#end((server) => server.stop());
  }

  /** On its port and its store again; one that still runs is ended in good order first. */
  async restart(): Promise<void> {
    if (this.running) await this.terminate();
    if ("pid" in this.#state) return;
    const server = await this.#state.restart();
    this.#state = server;
    this.#watch(server);
  }

  /** SIGSTOP: connections stay open, and nothing answers. Resolves when it stands still. */
  async pause(): Promise<void> {
    this.#paused = true;
    this.#server().pause();
    await standstill(this.pid);
  }

  /** SIGCONT. Harmless where it is not paused, or is gone. */
  resume(): void {
    this.#paused = false;
    if ("pid" in this.#state) this.#state.resume();
  }

  /** It asks its clients to go elsewhere, hands over its leaderships, and ends by itself. Resolves when it has ended. */
  async lameDuck(): Promise<Exit> {
    const server = this.#server();
    process.kill(server.pid, "SIGUSR2");
    const exit = server.exited;
    await this.#end((ending) => exit.then(() => ending.stop()));
    return exit;
  }

  async #end(how: (server: RunningServer) => Promise<StoppedServer>): Promise<void> {
    const server = this.#server();
    this.#asked.add(server);
    this.#paused = false;
    this.#state = await how(server);
  }

  readonly #asked = new WeakSet<RunningServer>();

  #server(): RunningServer {
    if ("pid" in this.#state) return this.#state;
    throw new Error(`The server ${this.name} is not running.`);
  }

  #watch(server: RunningServer): void {
    void server.exited.then(({ code, signal }) => {
      if (this.#asked.has(server)) return;
      this.#tellDied(new Error(`nats-server ended by itself (${signal ?? `exit code ${code}`}).`));
    });
  }
}

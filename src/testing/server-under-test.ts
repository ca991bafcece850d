// Server under test: a lab's server, which a test kills, restarts, freezes and continues.
import type { NatsConnection } from "@nats-io/nats-core";
import { flushConnection } from "../connection/flush.js";
import type { ServerFacts } from "../history/result.js";
import { InvalidInputError } from "../protocol/errors.js";
import type { NatsServer } from "../server/index.js";

/** Milliseconds for the lab's own connection to come back; the client tries again every two seconds. */
const reconnectMs = 20_000;

/**
 * A lab's server. The faults need a process that this lab alone uses: a lab on a shared server (`startLab({ server })`, also the
 * fixture `lab`) or in a container rejects them with an InvalidInputError.
 */
export class ServerUnderTest implements ServerFacts {
  readonly version: string;
  readonly origin: string;
  readonly url: string;
  readonly #nc: NatsConnection;
  /** Undefined if other labs use it, or if it runs in a container. */
  readonly #process: NatsServer | undefined;

  /** Use `startLab`. */
  constructor({ version, origin, url }: ServerFacts, nc: NatsConnection, process: NatsServer | undefined) {
    this.version = version;
    this.origin = origin;
    this.url = url;
    this.#nc = nc;
    this.#process = process;
  }

  /** SIGKILL, as in a crash. Streams in memory, the default of a lab, lose their messages: `startLab({ setup: { storage: "file" } })`. */
  async kill(): Promise<void> {
    await this.#own("kill").kill();
  }

  /**
   * Starts the server again on its port and store. A server that runs is stopped first (SIGTERM). Resolves when the lab's
   * connection is up again; other clients reconnect by themselves.
   */
  async restart(): Promise<void> {
    await this.#own("restart").restart();
    await flushConnection(this.#nc, reconnectMs);
  }

  /** SIGSTOP: connections stay open, and the server answers nothing. */
  async pause(): Promise<void> {
    await this.#own("pause").pause();
  }

  /** SIGCONT. */
  async resume(): Promise<void> {
    this.#own("resume").resume();
  }

  #own(fault: string): NatsServer {
    if (this.#process) return this.#process;
    throw new InvalidInputError(
      `lab.server.${fault}() needs a server that this lab alone uses, and the server at ${this.url} is ${this.origin.startsWith("container") ? "in a container" : "shared with other labs"}: start one with startLab() without \`server\` and \`container\`.`,
    );
  }
}

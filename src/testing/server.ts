// One nats-server for many labs. Each lab gets an account of its own, so that the kit's fixed stream names do not collide
// and tests may run concurrently. No account is used twice: a service that a test forgot to stop cannot answer the next.
import type { ConnectionSettings } from "../connection/connect.js";
import { type OriginOptions, startOrigin } from "./origin.js";
import { acquiring, type Releases } from "./release.js";
import type { StartedServer } from "./started-server.js";

export type LabServerOptions = OriginOptions;

/** Where one lab connects, and what the server says of itself. */
export interface Seat {
  connection: ConnectionSettings;
  origin: string;
}

export interface LabServer extends AsyncDisposable {
  /** Whether it runs in a container: then scenarios run there, too. */
  readonly container: boolean;
  /** A fresh account. When those of a server are used up, another server is started: no test has to know. */
  seat(): Promise<Seat>;
}

/** More make the start slower: 10 ms with none, 37 ms with 64, 580 ms with 1,000 (nats-server 2.14). */
const accounts = 64;
const password = "lab";

export async function startLabServer(options: LabServerOptions = {}): Promise<LabServer> {
  return acquiring(async (releases) => {
    const seats = new Seats(options, releases);
    await seats.more();
    const container = Boolean(options.container);
    return {
      container,
      seat: () => seats.next(),
      [Symbol.asyncDispose]: () => releases[Symbol.asyncDispose](),
    };
  });
}

class Seats {
  readonly #options: LabServerOptions;
  readonly #releases: Releases;
  readonly #free: Seat[] = [];
  #starting: Promise<void> | undefined;

  constructor(options: LabServerOptions, releases: Releases) {
    this.#options = options;
    this.#releases = releases;
  }

  async next(): Promise<Seat> {
    for (;;) {
      const seat = this.#free.shift();
      if (seat) return seat;
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
    const users = Array.from({ length: accounts }, (_, n) => `lab${n + 1}`);
    const lines = users.map(
      (u) => `  ${u} { jetstream: enabled, users: [{ user: ${u}, password: ${password} }] }`,
    );
    const started = await startOrigin(`accounts {\n${lines.join("\n")}\n}`, this.#options);
    this.#releases.keep(started);
    for (const user of users) this.#free.push(seatOn(started, { user, password }));
  }
}

/** A server for one lab alone: no accounts and no password, so that its plain URL is enough for any client. */
export async function startLoneServer(options: OriginOptions): Promise<Seat & AsyncDisposable> {
  const started = await startOrigin("", options);
  return { ...seatOn(started, {}), [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
}

const seatOn = (server: StartedServer, credentials: { user?: string; password?: string }): Seat => ({
  connection: { servers: server.url, ...credentials },
  origin: server.origin,
});

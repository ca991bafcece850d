// A link: a TCP proxy in front of one server, whose connections can be delayed, blocked, cut or reset.
//   await using link = await Link.open({ target: () => ({ host: "127.0.0.1", port }), random });
//   const restore = await link.apply({ latencyMs: 100, jitterMs: 20 });
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Operation } from "./operations.js";
import {
  type Condition,
  combine,
  type LinkState,
  type OnOperation,
  type Passage,
  Pipe,
  type PipeContext,
} from "./pipe.js";

/** Seen from the client. */
export const directions = ["to-server", "to-client"] as const;
export type Direction = (typeof directions)[number];

export interface LinkOptions {
  /** Called at each connection, because a restarted server may have another port. */
  target(): { host: string; port: number };
  /** For jitter; in [0, 1). */
  random(): number;
}

/** Gets what a link passes on, operation by operation. */
export interface LinkReader {
  /** Called right before an operation is passed on. */
  operation(operation: Operation, direction: Direction, connection: LinkConnection): Passage;
  /** Called when a connection is closed. */
  closed(connection: LinkConnection): void;
}

/** The same object for all operations of one connection. */
export interface LinkConnection {
  /** The port of the client's end. */
  readonly clientPort: number;
}

export class Link implements AsyncDisposable {
  /** Stays the same while the link is cut. */
  readonly port: number;
  /** Reads the NATS protocol of the connections that are accepted from now on. Without it the link reads nothing. */
  reader: LinkReader | undefined;
  readonly #options: LinkOptions;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  /** Accepted while nothing passes: connected to the server when the condition is gone. */
  readonly #waiting = new Set<Socket>();
  readonly #conditions = new Set<Condition>();
  #state: LinkState = combine([]);
  readonly #context: PipeContext;

  private constructor(server: Server, options: LinkOptions) {
    this.#options = options;
    this.#context = { state: () => this.#state, random: () => options.random() };
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (socket) => this.#accept(socket));
  }

  static async open(options: LinkOptions): Promise<Link> {
    const server = createServer({ noDelay: true });
    await listen(server, 0);
    return new Link(server, options);
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Adds a condition to those of the link. @returns what removes it. */
  async apply(condition: Condition): Promise<() => Promise<void>> {
    const own = { ...condition }; // two equal ones are two
    this.#conditions.add(own);
    await this.#change();
    return async () => {
      if (this.#conditions.delete(own)) await this.#change();
    };
  }

  /** `held` gets all bytes that come in, and for how long the link keeps them. One watch at a time. @returns what ends it. */
  watch(held: (bytes: Buffer, ms: number) => void): () => void {
    this.#context.held = held;
    return () => {
      if (this.#context.held === held) this.#context.held = undefined;
    };
  }

  /** Ends every connection with a TCP RST to both sides. New ones are accepted. @returns how many there were. */
  reset(): number {
    const ended = [...this.#connections];
    for (const connection of ended) connection.reset();
    return ended.length;
  }

  /**
   * Loses what the present connections send in this direction, and hides the close of each side from the other. Later
   * connections are sound. @returns how many became half-open, and what resets them: after lost bytes they cannot go on.
   */
  halfOpen(lost: Direction): { count: number; end(): void } {
    const half = [...this.#connections];
    for (const connection of half) connection.lose(lost);
    const end = () => {
      for (const connection of half) connection.reset();
    };
    return { count: half.length, end };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    for (const socket of this.#waiting) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #change(): Promise<void> {
    const before = this.#state;
    this.#state = combine(this.#conditions);
    const { cut, blackHole } = this.#state;
    if (cut && !before.cut) this.#refuse();
    if (!cut && before.cut) await listen(this.#server, this.port);
    if (!blackHole) {
      for (const socket of this.#waiting) this.#dial(socket);
      this.#waiting.clear();
    }
    for (const connection of this.#connections) connection.flush();
  }

  #refuse(): void {
    this.#server.close();
    for (const connection of this.#connections) connection.destroy();
    for (const socket of this.#waiting) socket.destroy();
    this.#waiting.clear();
  }

  #accept(socket: Socket): void {
    socket.on("error", () => {}); // "close" follows
    if (!this.#state.blackHole) {
      this.#dial(socket);
      return;
    }
    this.#waiting.add(socket);
    socket.once("close", () => this.#waiting.delete(socket));
  }

  #dial(inside: Socket): void {
    const outside = connect({ ...this.#options.target(), noDelay: true });
    const connection = new Connection(inside, outside, this.#context, this.reader);
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
  }
}

/** One connection through a link: two sockets, and a pipe for each direction between them. */
class Connection implements LinkConnection {
  readonly clientPort: number;
  /** Resolves when both sides are closed. */
  readonly closed: Promise<unknown>;
  readonly #inside: Socket;
  readonly #outside: Socket;
  readonly #pipes: Record<Direction, Pipe>;

  /** `inside` is the client's connection to the link, `outside` the link's own connection to the server. */
  constructor(inside: Socket, outside: Socket, context: PipeContext, reader?: LinkReader) {
    const onOperation = (direction: Direction): OnOperation | undefined =>
      reader && ((operation) => reader.operation(operation, direction, this));
    this.clientPort = inside.remotePort ?? 0;
    this.#inside = inside;
    this.#outside = outside;
    outside.on("error", () => {}); // "close" follows
    this.#pipes = {
      "to-server": new Pipe(inside, outside, context, onOperation("to-server")),
      "to-client": new Pipe(outside, inside, context, onOperation("to-client")),
    };
    const closing = [inside, outside].map(
      (socket) => new Promise<void>((resolve) => socket.once("close", () => resolve())),
    );
    this.closed = Promise.all(closing).then(() => reader?.closed(this));
  }

  flush(): void {
    for (const pipe of Object.values(this.#pipes)) pipe.flush();
  }

  /** Loses the bytes in `direction`; those of the other direction pass, without its end. */
  lose(direction: Direction): void {
    this.#pipes[direction].lost = true;
    for (const pipe of Object.values(this.#pipes)) pipe.endless = true;
  }

  destroy(): void {
    this.#inside.destroy();
    this.#outside.destroy();
  }

  /** A TCP RST to both sides. */
  reset(): void {
    this.#inside.resetAndDestroy();
    this.#outside.resetAndDestroy();
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}

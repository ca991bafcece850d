// A pipe: one direction of one connection through a link, with its bytes in order, and delayed by the conditions of the link.
import type { Socket } from "node:net";
import { type Operation, OperationReader } from "./operations.js";

/** Bytes on the way before the sender is paused, as by a full socket buffer. */
const bufferBytes = 1_048_576;
/** A narrow link passes bytes steadily, not in lumps: a piece is at most this much time on the wire, milliseconds. */
const pieceMs = 20;

export interface PipeContext {
  state(): LinkState;
  /** For jitter; in [0, 1). */
  random(): number;
  /** Gets each chunk, and for how long its last byte is held. */
  held?: ((bytes: Buffer, ms: number) => void) | undefined;
}

/** What becomes of an operation: it passes, or other bytes in its place, or it is lost with all that follows in this direction. */
export type Passage = "pass" | "lose" | Buffer;

/** Gets each operation at the moment when it is passed on. */
export type OnOperation = (operation: Operation) => Passage;

interface Piece {
  /** Absent: the end of the stream. */
  bytes?: Buffer;
  /** The operation that ends with these bytes, if the pipe reads the protocol. */
  operation?: Operation | undefined;
  /** On `performance.now()`. */
  due: number;
}

export class Pipe {
  /** Its bytes are lost. */
  lost = false;
  /** Its end is not passed on: the receiver believes that the connection stands. */
  endless = false;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #context: PipeContext;
  readonly #queue: Piece[] = [];
  #queued = 0;
  #wireFreeAt = 0;
  #lastDue = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #onOperation: OnOperation | undefined;
  readonly #reader = new OperationReader();
  /** An operation was lost, and so is everything behind it. */
  #losing = false;

  constructor(from: Socket, to: Socket, context: PipeContext, onOperation?: OnOperation) {
    this.#onOperation = onOperation;
    this.#from = from;
    this.#to = to;
    this.#context = context;
    from.on("data", (bytes) => this.#receive(bytes));
    from.on("close", () => this.#receive(undefined));
    to.on("drain", () => this.#throttle());
    to.on("close", () => this.stop());
  }

  /** Passes the bytes that are due. Call it when the state of the link has changed. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#context.state().blackHole) return;
    const now = performance.now();
    for (let next = this.#queue[0]; next && next.due <= now; next = this.#queue[0]) {
      this.#queue.shift();
      this.#pass(next);
    }
    const next = this.#queue[0];
    // Node's timers count in whole milliseconds and may be one early.
    if (next) this.#timer = setTimeout(() => this.flush(), Math.max(1, Math.ceil(next.due - now)));
    this.#throttle();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
    this.#queued = 0;
  }

  #receive(bytes: Buffer | undefined): void {
    if (this.lost && bytes !== undefined) return;
    const arrived = performance.now();
    if (bytes === undefined) this.#put(undefined);
    else if (this.#onOperation === undefined) this.#putPieces(bytes);
    else for (const operation of this.#reader.read(bytes)) this.#putPieces(operation.bytes, operation);
    if (bytes !== undefined) this.#context.held?.(bytes, this.#lastDue - arrived);
    this.flush();
  }

  #putPieces(bytes: Buffer, operation?: Operation): void {
    const { bytesPerSecond } = this.#context.state();
    // A CONNECT may be replaced, so it stays in one piece.
    const whole = operation?.verb === "CONNECT";
    const most = whole ? bytes.length : Math.max(1, Math.floor((bytesPerSecond * pieceMs) / 1000));
    for (let at = 0; at < bytes.length; at += most)
      this.#put(bytes.subarray(at, at + most), at + most >= bytes.length ? operation : undefined);
  }

  #put(bytes: Buffer | undefined, operation?: Operation): void {
    const { latencyMs, jitterMs, bytesPerSecond } = this.#context.state();
    const now = performance.now();
    const size = bytes?.length ?? 0;
    this.#wireFreeAt = Math.max(now, this.#wireFreeAt) + (size / bytesPerSecond) * 1000;
    const jitter = jitterMs === 0 ? 0 : (this.#context.random() * 2 - 1) * jitterMs;
    // TCP keeps the order: nothing overtakes what was sent before it.
    this.#lastDue = Math.max(this.#lastDue, this.#wireFreeAt + Math.max(0, latencyMs + jitter));
    this.#queued += size;
    this.#queue.push({ due: this.#lastDue, bytes, operation });
  }

  #pass({ bytes, operation }: Piece): void {
    if (!bytes) {
      // Both ways: a NATS connection that is closed on one side is of no use to the other.
      if (!this.endless) this.#to.destroySoon();
      return;
    }
    this.#queued -= bytes.length;
    const passage = operation && this.#onOperation?.(operation);
    if (passage === "lose") this.#losing = true;
    if (!this.#losing && this.#to.writable) this.#to.write(Buffer.isBuffer(passage) ? passage : bytes);
  }

  #throttle(): void {
    const full = this.#queued > bufferBytes || this.#to.writableNeedDrain;
    if (full) this.#from.pause();
    else if (this.#from.isPaused()) this.#from.resume();
  }
}

// The conditions of a link, and several of them combined.

/** Without a key, the link is sound in that respect. */
export interface Condition {
  /** One way, milliseconds. */
  latencyMs?: number;
  /** Added to or subtracted from the latency, evenly spread, milliseconds. */
  jitterMs?: number;
  /** In each direction of each connection. */
  bytesPerSecond?: number;
  /** Nothing passes, unnoticed: connections stay open, and the bytes are kept until the condition is gone. */
  blackHole?: true;
  /** Connections are closed, and new ones refused. */
  cut?: true;
}

export type LinkState = Required<Pick<Condition, "latencyMs" | "jitterMs" | "bytesPerSecond">> & {
  blackHole: boolean;
  cut: boolean;
};

/** Delays add up, and the narrowest bandwidth counts. */
export function combine(conditions: Iterable<Condition>): LinkState {
  const all = [...conditions];
  return {
    latencyMs: sum(all.map((one) => one.latencyMs)),
    jitterMs: sum(all.map((one) => one.jitterMs)),
    bytesPerSecond: Math.min(...all.map((one) => one.bytesPerSecond ?? Number.POSITIVE_INFINITY)),
    blackHole: all.some((one) => one.blackHole),
    cut: all.some((one) => one.cut),
  };
}

const sum = (numbers: (number | undefined)[]) => numbers.reduce<number>((total, n) => total + (n ?? 0), 0);

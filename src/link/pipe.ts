// One direction of one connection through a link: bytes in order, each not before its time.

import type { Socket } from "node:net";
import type { Weather } from "./condition.js";

/** What a sender may have on the way before it is held back, as a full socket buffer would. */
const mostOnTheWay = 1_048_576;
/** A narrow link passes bytes steadily, not in lumps: a piece is at most this much time on the wire, milliseconds. */
const pieceMs = 20;

/** What a pipe has to do with besides its two sockets. */
export interface Surroundings {
  weather(): Weather;
  /** For jitter; in [0, 1). */
  random(): number;
  /** Of what came in at once: how long the last of it is held. Absent: nobody wants to know. */
  held?: ((bytes: Buffer, ms: number) => void) | undefined;
}

interface Piece {
  /** Absent: the end of the stream. */
  bytes?: Buffer;
  /** On `performance.now()`. */
  due: number;
}

export class Pipe {
  /** What is sent is lost. */
  lost = false;
  /** Its end is not passed on: the receiver believes that the connection stands. */
  endless = false;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #around: Surroundings;
  readonly #queue: Piece[] = [];
  #queued = 0;
  #wireFreeAt = 0;
  #lastDue = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, around: Surroundings) {
    this.#from = from;
    this.#to = to;
    this.#around = around;
    from.on("data", (bytes) => this.#take(bytes));
    from.on("close", () => this.#take(undefined));
    to.on("drain", () => this.#breathe());
    to.on("close", () => this.stop());
  }

  /** To be called when the weather has changed: what was held back may go. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#around.weather().blackHole) return;
    const now = performance.now();
    for (let next = this.#queue[0]; next && next.due <= now; next = this.#queue[0]) {
      this.#queue.shift();
      this.#pass(next);
    }
    const next = this.#queue[0];
    // Node's timers count in whole milliseconds and may be one early.
    if (next) this.#timer = setTimeout(() => this.flush(), Math.max(1, Math.ceil(next.due - now)));
    this.#breathe();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
    this.#queued = 0;
  }

  #take(bytes: Buffer | undefined): void {
    if (this.lost && bytes !== undefined) return;
    const arrived = performance.now();
    const { bytesPerSecond } = this.#around.weather();
    const most = Math.max(1, Math.floor((bytesPerSecond * pieceMs) / 1000));
    if (bytes === undefined || bytes.length <= most) this.#put(bytes);
    else for (let at = 0; at < bytes.length; at += most) this.#put(bytes.subarray(at, at + most));
    if (bytes !== undefined) this.#around.held?.(bytes, this.#lastDue - arrived);
    this.flush();
  }

  #put(bytes: Buffer | undefined): void {
    const { latencyMs, jitterMs, bytesPerSecond } = this.#around.weather();
    const now = performance.now();
    const size = bytes?.length ?? 0;
    this.#wireFreeAt = Math.max(now, this.#wireFreeAt) + (size / bytesPerSecond) * 1000;
    const jitter = jitterMs === 0 ? 0 : (this.#around.random() * 2 - 1) * jitterMs;
    // TCP keeps the order: nothing overtakes what was sent before it.
    this.#lastDue = Math.max(this.#lastDue, this.#wireFreeAt + Math.max(0, latencyMs + jitter));
    this.#queued += size;
    this.#queue.push({ due: this.#lastDue, ...(bytes && { bytes }) });
  }

  #pass({ bytes }: Piece): void {
    if (!bytes) {
      // Both ways: a NATS connection that is closed on one side is of no use to the other.
      if (!this.endless) this.#to.destroySoon();
      return;
    }
    this.#queued -= bytes.length;
    if (this.#to.writable) this.#to.write(bytes);
  }

  #breathe(): void {
    const full = this.#queued > mostOnTheWay || this.#to.writableNeedDrain;
    if (full) this.#from.pause();
    else if (this.#from.isPaused()) this.#from.resume();
  }
}

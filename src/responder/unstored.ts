// Unstored: results that could not be stored yet, kept in memory and stored again until they are.
import type { Delivery } from "./delivery.js";

/** Results that are kept without a place in `prefetch`, and their payloads' bytes: at most so many. */
export const mostKept = { results: 1_000, bytes: 16 * 1024 * 1024 };

/** Milliseconds between two rounds of storing: at first, and at most. */
const pauseMs = { first: 250, longest: 5_000 };

/** Results that are stored at a time, once one of them was. */
const largestRound = 64;

/** The result of a request whose handler has ended, or the copy of a request that becomes a dead letter. */
export interface UnstoredResult {
  delivery: Delivery;
  /** The stream that has to store it: streams fail independently. */
  stream: string;
  /** Of its payload. */
  bytes: number;
  /** Stores it. Resolves to whether the delivery is settled now; never rejects. */
  store(): Promise<boolean>;
}

interface Stream {
  results: UnstoredResult[];
  isStoring: boolean;
}

/**
 * While a result is kept, its delivery is in hand: the dispatcher keeps it alive (+WPI), and a redelivery joins it, so that its handler
 * does not run again.
 *
 * - A round stores one result of a stream. Once that succeeds, each round is twice as large, up to 64.
 * - After a round that failed: a pause of 250 ms, doubled each time, up to 5 s. What failed is tried again last.
 * - While the connection is down: no round. After a reconnect the next one follows at once.
 * - Bounds: 1,000 results and 16 MiB. Up to there `keep` returns true, and the delivery holds no place in `prefetch`. Beyond, it keeps
 *   its place: the responder then pulls no more than it can hold, and runs no handler whose reply cannot be stored.
 */
export class Unstored {
  readonly #streams = new Map<string, Stream>();
  /** Those within the bounds. */
  readonly #bounded = new Set<UnstoredResult>();
  #bytes = 0;
  #down = false;
  #stopped = false;
  /** End the pauses. */
  readonly #wake = new Set<() => void>();

  /** Whether one more is within the bounds. */
  hasRoom(bytes: number): boolean {
    return this.#bounded.size < mostKept.results && this.#bytes + bytes <= mostKept.bytes;
  }

  /** Returns whether it is within the bounds. */
  keep(result: UnstoredResult): boolean {
    const within = this.hasRoom(result.bytes);
    if (within) {
      this.#bounded.add(result);
      this.#bytes += result.bytes;
    }
    const stream = this.#stream(result.stream);
    stream.results.push(result);
    if (!stream.isStoring) void this.#storeAll(stream);
    return within;
  }

  disconnected(): void {
    this.#down = true;
  }

  reconnected(): void {
    this.#down = false;
    this.#wakeAll();
  }

  /** Nothing is stored any more. */
  stop(): void {
    this.#stopped = true;
    this.#wakeAll();
  }

  async #storeAll(stream: Stream): Promise<void> {
    stream.isStoring = true;
    let [pause, round] = [pauseMs.first, 1];
    while (stream.results.length > 0 && !this.#stopped) {
      if (this.#down) {
        await this.#wait(pauseMs.longest);
        [pause, round] = [0, 1];
        continue;
      }
      if (round === 1) await this.#wait(pause);
      if (this.#down || this.#stopped) continue;
      const failed = await this.#store(stream.results.splice(0, round));
      stream.results.push(...failed);
      if (failed.length === 0) [pause, round] = [pauseMs.first, Math.min(2 * round, largestRound)];
      else [pause, round] = [Math.min(Math.max(2 * pause, pauseMs.first), pauseMs.longest), 1];
    }
    stream.isStoring = false;
  }

  /** Returns those that are still not stored. */
  async #store(results: readonly UnstoredResult[]): Promise<UnstoredResult[]> {
    const settled = await Promise.all(results.map((result) => result.store()));
    for (const [n, result] of results.entries()) if (settled[n]) this.#drop(result);
    return results.filter((_, n) => !settled[n]);
  }

  #drop(result: UnstoredResult): void {
    if (this.#bounded.delete(result)) this.#bytes -= result.bytes;
  }

  #stream(name: string): Stream {
    const stream = this.#streams.get(name) ?? { results: [], isStoring: false };
    this.#streams.set(name, stream);
    return stream;
  }

  async #wait(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#wake.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#wake.add(wake);
    });
  }

  #wakeAll(): void {
    for (const wake of [...this.#wake]) wake();
  }
}

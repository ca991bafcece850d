// The live history: the events of a run as they happen, and waits for them.
import type { HistoryEvent } from "../history/event.js";
import { Outcomes } from "../history/outcome.js";
import { readActorFile } from "../history/read.js";
import { Tally } from "../history/tally.js";

export class LiveHistory {
  readonly events: HistoryEvent[] = [];
  readonly outcomes = new Outcomes();
  readonly tally = new Tally();
  readonly #listeners = new Set<() => void>();
  readonly #seen = new Map<string, number>();
  readonly #onEvent: (event: HistoryEvent) => void;

  constructor(onEvent: (event: HistoryEvent) => void = () => {}) {
    this.#onEvent = onEvent;
  }

  /**
   * `source` is the actor's file: an event can come over the channel and again by reading the file after a crash,
   * and counts once.
   */
  add(source: string, event: HistoryEvent): void {
    if (event.n <= (this.#seen.get(source) ?? 0)) return;
    this.#seen.set(source, event.n);
    this.events.push(event);
    this.outcomes.apply(event);
    this.tally.apply(event);
    this.#onEvent(event);
    for (const listener of [...this.#listeners]) listener();
  }

  /**
   * Adds what an actor has noted, and its channel has not brought yet. A channel may be behind another actor's, so that a reply
   * was heard of before the execution that led to it; the file is not: an actor goes on when its event is in it.
   */
  catchUp(source: string): void {
    for (const event of readActorFile(source, this.#seen.get(source))) this.add(source, event);
  }

  /** True as soon as `holds` is; false after `ms`. Looks at once, and again at every event. Rejects on abort, and with what `holds` throws. */
  async until(holds: () => boolean, ms: number, signal: AbortSignal): Promise<boolean> {
    if (holds()) return true;
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.#listeners.delete(onEvent);
        signal.removeEventListener("abort", onAbort);
        settle();
      };
      const timer = setTimeout(() => end(() => resolve(false)), ms);
      const onEvent = () => {
        try {
          if (holds()) end(() => resolve(true));
        } catch (error) {
          end(() => reject(error));
        }
      };
      const onAbort = () => end(() => reject(signal.reason));
      this.#listeners.add(onEvent);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }
}

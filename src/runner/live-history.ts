// The live history: the events of a run as they happen, and waits for them.
import type { HistoryEvent } from "../history/event.js";
import { Outcomes } from "../history/outcome.js";
import { ActorFile, type Strings } from "../history/read.js";
import { Tally } from "../history/tally.js";

export class LiveHistory {
  readonly events: HistoryEvent[] = [];
  readonly outcomes = new Outcomes();
  readonly tally = new Tally();
  readonly #listeners = new Set<() => void>();
  readonly #files = new Map<string, ActorFile>();
  readonly #strings: Strings = new Map();
  readonly #onEvent: (event: HistoryEvent) => void;

  constructor(onEvent: (event: HistoryEvent) => void = () => {}) {
    this.#onEvent = onEvent;
  }

  add(event: HistoryEvent): void {
    this.#take(event);
    this.#changed();
  }

  /**
   * Adds what an actor has recorded since: its file is the only source of its events. A message of its channel says that there are
   * more, and may be behind another actor's.
   * @param end is set when the actor has ended.
   */
  catchUp(source: string, end = false): void {
    const file = this.#files.get(source) ?? new ActorFile(source, this.#strings);
    this.#files.set(source, file);
    const events = end ? [...file.readNew(), ...file.readEnd()] : file.readNew();
    for (const event of events) this.#take(event);
    if (events.length > 0) this.#changed();
  }

  /** True as soon as `holds` is; false after `ms`. Looks at once, and again after new events. Rejects on abort, and with what `holds` throws. */
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

  #take(event: HistoryEvent): void {
    this.events.push(event);
    this.outcomes.apply(event);
    this.tally.apply(event);
    this.#onEvent(event);
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

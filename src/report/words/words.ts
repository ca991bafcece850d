// What each event is called in a story for a person: the words' shape, and what several tellers say alike.
import type { HistoryEvent } from "../../history/event.js";
import type { EventOf } from "../../history/select.js";
import type { Cast } from "../cast.js";
import { plain } from "../text.js";

export type Tone = "good" | "bad" | "quiet";

export interface Words {
  text: string;
  tone?: Tone;
  /** Who or what acts, where that is not the actor who recorded it. */
  lane?: string;
}

/** Undefined where a person has no use for the event. */
export type Tell<T extends HistoryEvent["type"]> = (event: EventOf<T>, cast: Cast) => Words | undefined;

/** One without words is not told. */
export type Table<E extends { type: HistoryEvent["type"] }> = { [T in E["type"]]?: Tell<T> };

export function reply(event: { ending: string; payload: string }): string {
  return plain(`${event.ending} ${event.payload}`.trimEnd());
}

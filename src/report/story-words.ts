// What each event is called in a story for a person. An event's words are in words/, with who it is of; one without words
// is not told.
import type { EventType, HistoryEvent } from "../history/event.js";
import type { Cast } from "./cast.js";
import { requesterWords } from "./words/requester.js";
import { responderWords } from "./words/responder.js";
import { runWords } from "./words/run.js";
import type { Table, Tell, Words } from "./words/words.js";

export type { Tone, Words } from "./words/words.js";

const told: Table<HistoryEvent> = { ...requesterWords, ...responderWords, ...runWords };

/** An event in words; undefined where a person has no use for it. */
export function inWords(event: HistoryEvent, cast: Cast): Words | undefined {
  return (told[event.type] as Tell<EventType> | undefined)?.(event, cast);
}

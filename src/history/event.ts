// The vocabulary of a run: everything an actor may say it did. A history is a list of stamped events.
import type { FaultEvent } from "./fault-event.js";
import type { RequesterEvent } from "./requester-event.js";
import type { ResponderEvent } from "./responder-event.js";
import type { ConnectionEvent, RunEvent } from "./run-event.js";

export * from "./event-words.js";
export type { RequesterEvent } from "./requester-event.js";
export type { ResponderEvent } from "./responder-event.js";
export {
  type AdvisoryKind,
  advisoryKinds,
  type ConnectionEvent,
  type RunEvent,
  type StoredReply,
} from "./run-event.js";

export interface Stamp {
  /** Counts this actor's events from 1. */
  n: number;
  /** Microseconds on the machine's monotonic clock: comparable between the processes of one run. */
  t: number;
  actor: string;
}

export type EventBody = RequesterEvent | ResponderEvent | ConnectionEvent | RunEvent | FaultEvent;
export type HistoryEvent = Stamp & EventBody;
export type EventType = EventBody["type"];

/** Called with each event before the actor goes on. Leaving it out costs nothing. */
export type Observe<E extends EventBody = EventBody> = (event: E) => void;

// The events a step may wait for (`after: lunch.stored`), by what they are about. Nothing in a timeline can wait for
// events of a whole run.
import { type EventsOf, eventsOf } from "../history/event-kinds.js";

/** Events that carry a request id: they anchor to a request's name, e.g. `lunch.delivered#2`. */
export type RequestEventName = EventsOf<"request">;

/** Events of a process: they anchor to an actor's name, e.g. `bob.drained`. */
export type ActorEventName = EventsOf<"actor">;

export type AnchorEvent = RequestEventName | ActorEventName;

export const requestEvents = eventsOf("request");
export const actorEvents = eventsOf("actor");

// The events a step may wait for (`after: lunch.stored`), by what they are about. Nothing in a timeline can wait for
// events of a whole run.
import { type EventsOf, eventsOf } from "../history/event-kinds.js";
import { heardNames, type NarrowerName, narrowerNames } from "../history/event-names.js";

/** Events that carry a request id: they anchor to a request's name, e.g. `lunch.delivered#2`. */
export type RequestEventName = EventsOf<"request"> | NarrowerName;

/** Events of a process: they anchor to an actor's name, e.g. `bob.drained`; of a requester also what it heard. */
export type ActorEventName = EventsOf<"actor"> | (typeof heardNames)[number];

export type AnchorEvent = RequestEventName | ActorEventName;

export const requestEvents = [...eventsOf("request"), ...narrowerNames];
export const actorEvents = eventsOf("actor");

/** Those of a requester. */
export const requesterEvents = [...actorEvents, ...heardNames];

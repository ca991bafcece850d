// The events a step may wait for (`after: lunch.stored`), derived from the history's vocabulary.
// The two tables are checked by the compiler: an event added to a history has to be placed in one of them.
import type { EventBody, EventType } from "../history/event.js";

/** Events that carry a request id: they anchor to a request's name, e.g. `lunch.delivered#2`. */
export type RequestEventName = Extract<EventBody, { request: string }>["type"];

/** Events about a whole run: nothing in a timeline can wait for them. */
type RunOnly =
  | "run-started"
  | "setup-applied"
  | "step"
  | "server-restarted"
  | "load-started"
  | "advisory"
  | "requests-read"
  | "replies-read";

/** Events of a process: they anchor to an actor's name, e.g. `bob.drained`. */
export type ActorEventName = Exclude<EventType, RequestEventName | RunOnly>;

export type AnchorEvent = RequestEventName | ActorEventName;

const ofRequests: Record<RequestEventName, true> = {
  requested: true,
  stored: true,
  "timed-out": true,
  received: true,
  "puback-received": true,
  "no-responders": true,
  collected: true,
  "not-collected": true,
  removed: true,
  "request-failed": true,
  withdrawn: true,
  "ending-stored": true,
  delivered: true,
  executed: true,
  "called-off": true,
  replied: true,
  "reply-refused": true,
  acked: true,
  terminated: true,
  "already-answered": true,
  "dead-lettered": true,
  returned: true,
};

const ofActors: Record<ActorEventName, true> = {
  drained: true,
  "actor-started": true,
  "actor-stopped": true,
  "actor-crashed": true,
  reconnected: true,
};

export const requestEvents = Object.keys(ofRequests) as RequestEventName[];
export const actorEvents = Object.keys(ofActors) as ActorEventName[];

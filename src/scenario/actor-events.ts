// Which of the actors' events an actor of this kind can have.
import type { Cast } from "./cast.js";
import { type ActorEventName, actorEvents, requesterEvents } from "./events.js";

const ofResponders: readonly ActorEventName[] = ["drained", "paused", "resumed"];
const ofTheKits: readonly ActorEventName[] = ["paused", "resumed"];

/** Only a responder drains, only one of the kit's pauses, and only a requester hears replies. */
export function eventsOfActor(actor: string, { responders, requesters }: Cast): readonly ActorEventName[] {
  if (!responders.has(actor)) {
    const events = requesters.has(actor) ? requesterEvents : actorEvents;
    return events.filter((event) => !ofResponders.includes(event));
  }
  if (responders.get(actor)?.kind !== "plain") return actorEvents;
  return actorEvents.filter((event) => !ofTheKits.includes(event));
}

// The events by which a request comes into a history, under its name: it is sent, or has to wait for its turn first, or
// does not get one; or the laboratory publishes it, in the place of another client.
import type { EventBody } from "./event.js";

export type Asked = Extract<EventBody, { type: "requested" | "turn-awaited" | "turn-refused" }>;
type ByHand = Extract<EventBody, { type: "published-request" }>;

/** A requester asks for it. */
export const isAsked = (event: EventBody): event is Asked =>
  event.type === "requested" || event.type === "turn-awaited" || event.type === "turn-refused";

/** Somebody does, whoever it is. */
export const isBegun = (event: EventBody): event is Asked | ByHand =>
  isAsked(event) || event.type === "published-request";

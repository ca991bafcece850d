// The events by which a request comes into a history, under its name: it is sent, or has to wait for its turn first, or
// does not get one.
import type { HistoryEvent } from "./event.js";

export type Asked = Extract<HistoryEvent, { type: "requested" | "turn-awaited" | "turn-refused" }>;

export const isAsked = (event: HistoryEvent): event is Asked =>
  event.type === "requested" || event.type === "turn-awaited" || event.type === "turn-refused";

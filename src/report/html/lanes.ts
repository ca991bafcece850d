// Who and what takes part in a run, from left to right: requesters, the work queue, responders, what they fill, the server.
import type { HistoryEvent } from "../../history/event.js";
import { bandsOf } from "./bands.js";

export interface Lane {
  id: string;
  kind: "requester" | "requests" | "responder" | "service" | "replies" | "dead-letters" | "server";
}

export const serverLane = "server";
const order: Lane["kind"][] = [
  "requester",
  "requests",
  "responder",
  "service",
  "replies",
  "dead-letters",
  "server",
];

export interface Lanes {
  all: Lane[];
  /** Where requests wait; its name is learned from the events. */
  requestStream: string;
}

export function lanesOf(events: readonly HistoryEvent[]): Lanes {
  const found = new Map<string, Lane["kind"]>();
  const add = (id: string | undefined, kind: Lane["kind"]) => {
    if (id !== undefined && !found.has(id)) found.set(id, kind);
  };
  const requestStream = requestStreamOf(events);
  for (const event of events) {
    if (event.type === "actor-started") add(event.name, event.role);
    if (event.type === "setup-applied")
      for (const name of event.streams) add(name, streamKind(name, requestStream));
    if ("stream" in event)
      add(
        event.stream,
        event.type === "dead-lettered" ? "dead-letters" : streamKind(event.stream as string, requestStream),
      );
    if ("request" in event) add(event.actor, asks(event) ? "requester" : "responder");
  }
  if (events.some((event) => event.type === "delivered")) add(requestStream, "requests");
  add(serverLane, "server");
  // A fault may be on a node that nobody else speaks of.
  for (const band of bandsOf(events)) add(band.on, "server");
  const all = [...found].map(([id, kind]): Lane => ({ id, kind }));
  return { all: all.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind)), requestStream };
}

function requestStreamOf(events: readonly HistoryEvent[]): string {
  for (const event of events) {
    if (event.type === "stored" || event.type === "published-request") return event.stream;
    if (event.type === "requests-read" || event.type === "puback-received") return event.stream;
  }
  return "REQUESTS";
}

function streamKind(name: string, requestStream: string): Lane["kind"] {
  if (name === requestStream) return "requests";
  return /DEAD/.test(name) ? "dead-letters" : "replies";
}

const askers =
  "requested turn-awaited turn-refused orphaned-reply stored timed-out withdrawn ending-stored received puback-received no-responders collected not-collected removed request-failed".split(
    " ",
  );
const asks = (event: HistoryEvent) => askers.includes(event.type);

// What has to be known of a whole history before its first arrow can be drawn: where things went, and what arrived.
import type { HistoryEvent } from "../history/event.js";
import type { EventOf } from "../history/select.js";

export interface Plot {
  /** Requests, by their ids. */
  asked: Map<string, EventOf<"requested">>;
  /** The streams that stored plain requests by surprise. */
  storedIn: Map<string, string>;
  /** The streams that hold the replies; undefined where a reply went to an inbox. */
  repliesIn: Map<string, string | undefined>;
  received: Set<string>;
  /** The streams that hold the parts of several replies. */
  partsIn: Map<string, string>;
  /** `<request> <part>`. */
  partsReceived: Set<string>;
  /** The stream that requests are delivered from. */
  requestStream: string;
  /** Services record nothing: where there is only one, it is known who answers. */
  service: string | undefined;
}

export function plotOf(events: readonly HistoryEvent[]): Plot {
  const plot: Plot = {
    asked: new Map(),
    storedIn: new Map(),
    repliesIn: new Map(),
    received: new Set(),
    partsIn: new Map(),
    partsReceived: new Set(),
    requestStream: "REQUESTS",
    service: undefined,
  };
  const services = new Set<string>();
  for (const event of events) {
    if (event.type === "requested" && !plot.asked.has(event.request)) plot.asked.set(event.request, event);
    if (event.type === "puback-received") plot.storedIn.set(event.request, event.stream);
    if (event.type === "replied" || event.type === "ending-stored")
      plot.repliesIn.set(event.request, event.stream);
    if (
      ["stored", "published-request", "puback-received", "requests-read"].includes(event.type) &&
      "stream" in event
    )
      plot.requestStream = event.stream ?? plot.requestStream;
    if (event.type === "received") plot.received.add(event.request);
    if (event.type === "part-received") plot.partsReceived.add(`${event.request} ${event.part}`);
    if (event.type === "part-replied" && event.stream !== undefined)
      plot.partsIn.set(event.request, event.stream);
    if (event.type === "actor-started" && event.role === "service") services.add(event.name);
  }
  if (services.size === 1) plot.service = [...services][0];
  return plot;
}

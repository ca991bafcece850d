// The way of each request through a run: who asked, who worked on it, how long it took, how it ended.
import type { HistoryEvent } from "../../history/event.js";
import { standing } from "../../history/judge.js";
import type { RequestOutcome, Run } from "../../history/result.js";

export interface Path extends RequestOutcome {
  /** Its place in the run, from 0; how the page refers to it. */
  index: number;
  /** What a link calls it: the scenario's name, or the id where a later request took the name. */
  key: string;
  requester: string;
  responders: string[];
  /** First word of the outcome: what the filter offers. */
  kind: string;
  /** Microseconds on the run's clock; absent where the events do not tell. */
  requestedAt?: number;
  /** From requested to the first received or collected, milliseconds. */
  latencyMs?: number;
  /** When its requester stopped waiting, milliseconds from requested. */
  gaveUpMs?: number;
  /** Checks that did not stand as expected and name it. */
  offends: string[];
}

/** Paths, and which path an event belongs to. */
export interface Paths {
  all: Path[];
  of(event: HistoryEvent): Path | undefined;
}

export function pathsOf({ result, events }: Run): Paths {
  const newest = new Map(result.requests.map(({ as, request }) => [as, request]));
  const keyOf = ({ as, request }: RequestOutcome) => (newest.get(as) === request ? as : request);
  const all = result.requests.map((request, index): Path => {
    const offends = result.checks.filter(
      (c) => standing(c) !== "held" && c.requests.includes(request.request),
    );
    const kind = /^[\w-]+/.exec(request.outcome)?.[0] ?? "pending";
    return {
      ...request,
      index,
      key: keyOf(request),
      requester: "",
      responders: [],
      kind,
      offends: offends.map((c) => c.name),
    };
  });
  const byId = new Map(all.map((path) => [path.request, path]));
  const of = (event: HistoryEvent) => ("request" in event ? byId.get(event.request) : undefined);
  for (const event of events) {
    // Whoever handles a request that was sent without an id names it by its place in the stream.
    const place = event.type === "puback-received" && byId.get(event.request);
    if (place && event.type === "puback-received") byId.set(`${event.stream}:${event.sequence}`, place);
  }
  for (const event of events) follow(of(event), event);
  return { all, of };
}

function follow(path: Path | undefined, event: HistoryEvent): void {
  if (!path) return;
  const since = (event.t - (path.requestedAt ?? event.t)) / 1000;
  if (event.type === "requested") {
    path.requestedAt ??= event.t;
    path.requester ||= event.actor;
  }
  if (event.type === "timed-out") path.gaveUpMs ??= since;
  if (event.type === "received" || event.type === "collected") path.latencyMs ??= since;
  if (event.type === "delivered" && !path.responders.includes(event.actor)) path.responders.push(event.actor);
}

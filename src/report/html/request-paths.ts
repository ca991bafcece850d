// Request paths: the requester, responders, wait and outcome of each request, and the sample that is drawn.
import type { HistoryEvent } from "../../history/event.js";
import { standing } from "../../history/judge.js";
import { intended } from "../../history/latency.js";
import type { RequestOutcome, Run } from "../../history/result.js";
import { countEach, isBegun, ofType } from "../../history/select.js";

export interface Path extends RequestOutcome {
  /** Its place in the run, from 0; how the page refers to it. */
  index: number;
  /** The scenario's name for it, with a number where there are several of that name; links go by it, too. */
  name: string;
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
  /** None of them found it wrong: they could not tell. */
  inDoubt: boolean;
}

/** Paths, and which path an event belongs to. */
export interface Paths {
  all: Path[];
  of(event: HistoryEvent | { request: string }): Path | undefined;
}

export function pathsOf({ result, events }: Run): Paths {
  const nameOf = namesOf(result.requests);
  const unexpected = result.checks
    .filter((check) => standing(check) !== "held")
    .map((check) => ({ check, requests: new Set(check.requests) }));
  const all = result.requests.map((request, index): Path => {
    const offends = unexpected.filter(({ requests }) => requests.has(request.request)).map(({ check }) => check);
    const kind = /^[\w-]+/.exec(request.outcome)?.[0] ?? "pending";
    return {
      ...request,
      index,
      name: nameOf(request),
      requester: "",
      responders: [],
      kind,
      offends: offends.map((c) => c.name),
      inDoubt: offends.every((c) => standing(c) === "inconclusive"),
    };
  });
  const byId = new Map(all.map((path) => [path.request, path]));
  const of = (event: HistoryEvent | { request: string }) => ("request" in event ? byId.get(event.request) : undefined);
  for (const event of events) {
    // A responder names a request that was sent without an id by its place in the stream.
    const place = event.type === "puback-received" && byId.get(event.request);
    if (place && event.type === "puback-received") byId.set(`${event.stream}:${event.sequence}`, place);
  }
  scheduled(events, byId);
  for (const event of events) follow(of(event), event);
  return { all, of };
}

function namesOf(requests: readonly RequestOutcome[]): (request: RequestOutcome) => string {
  const sameName = countEach(requests.map(({ as }) => as));
  const met = new Map<string, number>();
  return ({ as }) => {
    met.set(as, (met.get(as) ?? 0) + 1);
    return sameName.get(as) === 1 ? as : `${as} #${met.get(as)}`;
  };
}

/** Under load a request waits from the moment at which it was meant to be sent: no coordinated omission. */
function scheduled(events: readonly HistoryEvent[], byId: ReadonlyMap<string, Path>): void {
  for (const { as } of ofType(events, "load-started")) {
    for (const [request, t] of intended(events, as)) {
      const path = byId.get(request);
      if (path) path.requestedAt = t;
    }
  }
}

function follow(path: Path | undefined, event: HistoryEvent): void {
  if (!path) return;
  const since = (event.t - (path.requestedAt ?? event.t)) / 1000;
  if (isBegun(event)) {
    path.requestedAt ??= event.t;
    path.requester ||= event.actor;
  }
  if (event.type === "timed-out") path.gaveUpMs ??= since;
  if (event.type === "received" || event.type === "collected") path.latencyMs ??= since;
  if (event.type === "delivered" && !path.responders.includes(event.actor)) path.responders.push(event.actor);
}

export interface Sample {
  drawn: Path[];
  /** What was left out and how the rest was chosen; empty where everything is drawn. */
  note: string;
}

/** The requests of a large run that are drawn: those that went wrong, the first, and the slowest. */
export function sample(all: readonly Path[], most: number): Sample {
  if (all.length <= most) return { drawn: [...all], note: "" };
  const chosen = new Set<Path>();
  const take = (paths: readonly Path[], upTo: number) => {
    for (const path of paths) if (chosen.size < upTo) chosen.add(path);
  };
  take(
    all.filter((path) => path.offends.length > 0),
    Math.ceil(most * 0.5),
  );
  take(
    all.filter((path) => path.kind !== "ok"),
    Math.ceil(most * 0.7),
  );
  take(kinds(all), Math.ceil(most * 0.85));
  take(all, Math.ceil(most * 0.85));
  take(
    [...all].sort((a, b) => (b.latencyMs ?? 0) - (a.latencyMs ?? 0)),
    most,
  );
  const drawn = all.filter((path) => chosen.has(path));
  const rest = thousands(all.length - drawn.length);
  return {
    drawn,
    note: `${drawn.length} of ${thousands(all.length)} requests are drawn: those a check names, those that did not end well, the first of each name and responder, and the slowest, as many of each as there is room for. The other ${rest} are in the counts, the charts and the list.`,
  };
}

/** The first of each name that went to the same responders: no responder is missing. */
function kinds(all: readonly Path[]): Path[] {
  const seen = new Set<string>();
  return all.filter((path) => {
    const key = JSON.stringify([path.as, ...path.responders]);
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}

/** `12,345`, the same under every locale. */
export function thousands(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

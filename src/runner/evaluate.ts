// Evaluation of expectations: measures in the history or on the server, and compares.
import { isDeepStrictEqual } from "node:util";
import { type Condition, meets, type Seen, seenText } from "../history/condition.js";
import type { HistoryEvent } from "../history/event.js";
import { namesOf } from "../history/event-table.js";
import { latencyOf } from "../history/latency.js";
import { Outcomes } from "../history/outcome.js";
import type { Expectation } from "../history/result.js";
import { isBegun } from "../history/select.js";
import { Tally } from "../history/tally.js";

import type { StrategyName } from "../protocol/events.js";
import { queueNames, queueOfSubject } from "../protocol/queue-names.js";

import type { Handle } from "../requester/handle.js";
import { locate } from "../requester/locate.js";
import { unitOf } from "../scenario/expectation.js";
import type { Expected, Metric } from "../scenario/model.js";
import { orGone } from "../server/cluster.js";
import type { LiveHistory } from "./live-history.js";
import { readAll } from "./read-streams.js";
import type { RunContext } from "./run-context.js";

/** If it cannot be read, the verdict is inconclusive. */
async function judgeExpectation(context: RunContext, expected: Expected): Promise<Expectation> {
  const { path, line, metric } = expected;
  const judged = { path, line, expected: expected.expected };
  const seen = await measure(context, metric).catch(() => undefined);
  const condition = await conditionNow(context, expected).catch(() => undefined);
  if (seen === undefined || condition === undefined) return { ...judged, verdict: "inconclusive" };
  const actual = seenText(seen, unitOf(metric) === "time" ? "ms" : "");
  if (!meets(condition, seen)) return { ...judged, actual, verdict: "violated" };
  context.lastTrue.set(`${path} ${expected.expected}`, context.now());
  return { ...judged, actual, verdict: "held" };
}

/** With the time that it compares with; undefined if that cannot be measured. */
async function conditionNow(
  context: RunContext,
  { condition, comparedWith }: Expected,
): Promise<Condition | undefined> {
  if (comparedWith === undefined || condition.is !== "compared") return condition;
  const value = await measure(context, comparedWith);
  return typeof value === "number" ? { ...condition, value } : undefined;
}

export const judgeAll = (context: RunContext, expectations: readonly Expected[]) =>
  Promise.all(expectations.map((expected) => judgeExpectation(context, expected)));

/** When it was last true, as far as it was measured: milliseconds from the beginning of the run. */
export function whenLastTrue(context: RunContext, { path, expected, metric, condition }: Expected): number | undefined {
  const seen = context.lastTrue.get(`${path} ${expected}`);
  const inHistory = lastTrueIn(context.history.events, metric, condition);
  return inHistory === undefined ? seen : Math.max(seen ?? 0, context.sinceBegin(inHistory));
}

/** Undefined if there is nothing to measure. */
async function measure(context: RunContext, metric: Metric): Promise<Seen | undefined> {
  const { jsm } = context.environment;
  switch (metric.kind) {
    case "stream": {
      if (metric.field === "readable") return countReadable(context, metric.of);
      const state = (await orGone(jsm.streams.info(metric.of), undefined))?.state;
      if (!state) return 0; // a fault removed it
      return metric.field === "deleted" ? (state.num_deleted ?? 0) : state[metric.field];
    }
    case "replica": {
      const state = await context.environment.own?.replicas?.read(metric.of, metric.node);
      return metric.field === "deleted" ? (state?.num_deleted ?? 0) : (state?.[metric.field] ?? 0);
    }
    case "consumer": {
      const { stream = context.environment.queues[0]?.requestStream ?? "" } = metric;
      const info = await jsm.consumers.info(stream, metric.of);
      const { num_pending: pending, num_ack_pending, num_redelivered: redelivered } = info;
      return { pending, "ack-pending": num_ack_pending, redelivered }[metric.field];
    }
    case "whereabouts":
      return whereabouts(context, metric.of);
    case "latency":
      return latencyOf(context.history.events, metric.of)?.[metric.field];
    default:
      return measureHistory(context.history, metric);
  }
}

/** Records it if messages cannot be read that the server counts, before and after the reading: they are damaged. */
async function countReadable(context: RunContext, stream: string): Promise<number> {
  const { jsm } = context.environment;
  const counted = async () => (await orGone(jsm.streams.info(stream), undefined))?.state;
  const before = await counted();
  const { length: after } = await readAll(jsm, stream, () => undefined);
  const known = context.history.events.findLast((e) => e.type === "messages-counted" && e.stream === stream);
  const unreadable =
    before !== undefined && after < before.messages && !(known && "after" in known && known.after === after);
  if (unreadable && isDeepStrictEqual(await counted(), before))
    context.record({ type: "messages-counted", stream, before: before.messages, after });
  return after;
}

/** One after the other: there may be thousands. */
async function whereabouts(context: RunContext, alias: string): Promise<string[]> {
  const found: string[] = [];
  for (const handle of handlesOf(context, alias)) found.push((await locate(context.environment.nc, handle)).where);
  return found;
}

type HistoryMetric = Extract<Metric, { kind: "outcome" | "events" | "duration" | "advisory" }>;

type Measured = Pick<LiveHistory, "outcomes" | "tally"> & { events: readonly HistoryEvent[] };

function measureHistory({ events, outcomes, tally }: Measured, metric: HistoryMetric): Seen | undefined {
  switch (metric.kind) {
    case "outcome":
      return outcomes.countsOf(metric.of);
    case "events":
      return tally.of(metric.of, metric.field);
    case "advisory":
      return events.filter((event) => event.type === "advisory" && event.kind === metric.of).length;
    case "duration":
      return longest(events, outcomes.requestsOf(metric.of), metric.field);
  }
}

/**
 * Milliseconds from the call (a request can wait for its turn before it is sent) to the first event of this type; of several
 * requests the longest. Undefined until each request has one, apart from those that were refused.
 */
function longest(events: readonly HistoryEvent[], requests: readonly string[], type: string): number | undefined {
  const spans = new Map<string, { from?: number; to?: number }>(requests.map((request) => [request, {}]));
  const sent = new Set<string>();
  for (const event of events) {
    const span = "request" in event ? spans.get(event.request) : undefined;
    if (span === undefined || !("request" in event)) continue;
    if (event.type !== "turn-refused") sent.add(event.request);
    if (isBegun(event)) span.from ??= event.t;
    if (span.to === undefined && namesOf(event).some((name) => name === type)) span.to = event.t;
  }
  let most: number | undefined;
  for (const [request, { from, to }] of spans) {
    if (!sent.has(request)) continue;
    if (from === undefined || to === undefined) return undefined;
    most = Math.max(most ?? 0, (to - from) / 1000);
  }
  return most === undefined ? undefined : Math.round(most * 10) / 10;
}

/** The clock's time (microseconds) of the last event after which the condition held. */
function lastTrueIn(events: readonly HistoryEvent[], metric: Metric, condition: Condition): number | undefined {
  if (metric.kind !== "outcome" && metric.kind !== "events") return undefined;
  const [outcomes, tally] = [new Outcomes(), new Tally()];
  let last: number | undefined;
  for (const event of events) {
    if (metric.kind === "outcome") outcomes.apply(event);
    else tally.apply(event);
    const seen = measureHistory({ events, outcomes, tally }, metric);
    if (seen !== undefined && meets(condition, seen)) last = event.t;
  }
  return last;
}

/**
 * The handle of each request of this name, from the requesters' events in one pass: a load can have thousands of requests. Of an id
 * that several requesters sent, the reply goes to the one whose request the stream holds, or else to the first.
 */
export function handlesOf({ history }: Pick<RunContext, "history">, alias: string): Handle[] {
  const handles = new Map<string, Handle>();
  for (const request of history.outcomes.requestsOf(alias)) {
    handles.set(request, { requester: "", request, stream: "", sequence: 0 });
  }
  const others = new Map<string, Pick<Handle, "requester" | "store">>();
  for (const event of history.events) {
    if (event.type !== "requested" && event.type !== "stored") continue;
    const handle = handles.get(event.request);
    if (!handle) continue;
    const { actor, request } = event;
    if (event.type === "requested") {
      const asked = { requester: actor, ...storeOf(event.strategy) };
      if (handle.requester === "" || handle.requester === actor) Object.assign(handle, asked);
      else others.set(JSON.stringify([actor, request]), asked);
      if (handle.sequence === 0) handle.stream = queueNames(queueOfSubject(event.subject)).requestStream;
    } else {
      handle.stream = event.stream;
      handle.sequence = event.sequence;
      if (!event.duplicate) Object.assign(handle, others.get(JSON.stringify([actor, request])));
    }
  }
  return [...handles.values()].filter(({ requester }) => requester !== "");
}

const storeOf = (strategy: StrategyName): Pick<Handle, "store"> =>
  strategy === "kv" || strategy === "shared" ? { store: strategy } : {};

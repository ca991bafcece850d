// Latency: how long requests waited for their replies, as percentiles of an HDR histogram with three significant digits.
import { build } from "hdr-histogram-js";
import type { HistoryEvent } from "./event.js";
import { isAsked, ofType } from "./select.js";

export const percentiles = ["p50", "p90", "p99", "p99.9", "max"] as const;
export type Percentile = (typeof percentiles)[number];

/** Milliseconds; `count` is how many requests have a reply. The percentiles count the unanswered ones, too. */
export interface Latency extends Record<Percentile, number> {
  /** The scenario's name for the requests. */
  as: string;
  count: number;
  /** How many got no reply. Absent: none. */
  unanswered?: number;
}

/** Undefined where none of them has a reply, and none waited in vain. */
export function latencyOf(events: readonly HistoryEvent[], as: string): Latency | undefined {
  const { answered, unanswered } = waits(events, as);
  if (answered.length + unanswered.length === 0) return undefined;
  const { max, at } = waitHistogram([...answered, ...unanswered]);
  const counts = { count: answered.length, ...(unanswered.length > 0 && { unanswered: unanswered.length }) };
  return { as, ...counts, p50: at(50), p90: at(90), p99: at(99), "p99.9": at(99.9), max };
}

/** An HDR histogram of waits in microseconds; `min`, `max` and `at(percent)` are milliseconds. */
export function waitHistogram(microseconds: readonly number[]) {
  const histogram = build({ numberOfSignificantValueDigits: 3 });
  for (const wait of microseconds) histogram.recordValue(Math.max(1, Math.round(wait)));
  const max = histogram.maxValue;
  return {
    count: histogram.totalCount,
    min: histogram.minNonZeroValue / 1000,
    max: max / 1000,
    // A percentile is the upper end of its bucket, which may be above the slowest of all.
    at: (percent: number) => Math.min(histogram.getValueAtPercentile(percent), max) / 1000,
  };
}

/** Of every name under which there was load. */
export function latencies(events: readonly HistoryEvent[]): Latency[] {
  const names = [...new Set(ofType(events, "load-started").map(({ as }) => as))];
  return names.flatMap((as) => latencyOf(events, as) ?? []);
}

/**
 * Microseconds. A request without a reply waited as long as its caller did, and longer: until the caller gave up, at least for its
 * time-out. One that is still within its time-out when the history ends is not counted.
 */
function waits(events: readonly HistoryEvent[], as: string): { answered: number[]; unanswered: number[] } {
  const begun = intended(events, as);
  const answered = new Map<string, number>();
  const inVain = new Map<string, number>();
  const timeouts = new Map<string, number>();
  for (const event of events) {
    if (!("request" in event)) continue;
    const { request, t } = event;
    const from = begun.get(request);
    if (from === undefined || answered.has(request)) continue;
    if (event.type === "requested" && event.timeoutMs !== undefined) timeouts.set(request, event.timeoutMs * 1000);
    if (event.type === "received" || event.type === "collected") answered.set(request, t - from);
    if (["timed-out", "request-failed", "no-responders"].includes(event.type)) inVain.set(request, t - from);
  }
  const end = events.at(-1)?.t ?? 0;
  const unanswered: number[] = [];
  for (const [request, timeout] of timeouts) {
    const waited = inVain.get(request) ?? end - (begun.get(request) as number);
    if (!answered.has(request) && (inVain.has(request) || waited > timeout)) unanswered.push(Math.max(waited, timeout));
  }
  return { answered: [...answered.values()], unanswered };
}

/**
 * When each request was meant to be sent: the n-th of a load with a rate has its place in the schedule. A wait begins then, and
 * not when a busy requester sent it: no coordinated omission (Gil Tene, "How NOT to Measure Latency").
 */
export function intended(events: readonly HistoryEvent[], as: string): Map<string, number> {
  const moments = new Map<string, number>();
  let load: { t: number; everyUs: number; sent: number } | undefined;
  for (const event of events) {
    if (event.type === "load-started" && event.as === as)
      load = { t: event.t, everyUs: event.ratePerSecond ? 1e6 / event.ratePerSecond : 0, sent: 0 };
    // One that waits for its turn was meant to be sent before that.
    if (!isAsked(event) || event.as !== as || moments.has(event.request)) continue;
    moments.set(event.request, load?.everyUs ? load.t + load.sent * load.everyUs : event.t);
    if (load) load.sent++;
  }
  return moments;
}

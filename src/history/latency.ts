// Latency: how long requests waited for their replies, as percentiles of an HDR histogram with three significant digits.
import { build } from "hdr-histogram-js";
import type { HistoryEvent } from "./event.js";
import { isAsked, ofType } from "./select.js";

export const percentiles = ["p50", "p90", "p99", "p99.9", "max"] as const;
export type Percentile = (typeof percentiles)[number];

/** Milliseconds; `count` is how many requests have a reply. */
export interface Latency extends Record<Percentile, number> {
  /** The scenario's name for the requests. */
  as: string;
  count: number;
}

/** Undefined where none of them has a reply. */
export function latencyOf(events: readonly HistoryEvent[], as: string): Latency | undefined {
  const { count, max, at } = waitHistogram(waits(events, as));
  if (count === 0) return undefined;
  return { as, count, p50: at(50), p90: at(90), p99: at(99), "p99.9": at(99.9), max };
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

function waits(events: readonly HistoryEvent[], as: string): number[] {
  const begun = intended(events, as);
  const first = new Map<string, number>();
  for (const { request, t } of ofType(events, "received", "collected")) {
    const from = begun.get(request);
    if (from !== undefined && !first.has(request)) first.set(request, t - from);
  }
  return [...first.values()];
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

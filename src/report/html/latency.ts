// How long requesters waited for their replies, as percentiles of an HdrHistogram (hdrhistogram.org).
import { build } from "hdr-histogram-js";
import type { Path } from "./paths.js";

export interface Percentile {
  name: string;
  ms: number;
}

/** Recorded in microseconds, up to an hour, to three digits. Empty where no reply came. */
export function percentiles(paths: readonly Path[]): Percentile[] {
  const waits = paths.flatMap((path) => (path.latencyMs === undefined ? [] : [path.latencyMs]));
  if (waits.length === 0) return [];
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: hour,
    numberOfSignificantValueDigits: 3,
  });
  for (const ms of waits) histogram.recordValue(Math.min(hour, Math.max(1, Math.round(ms * 1000))));
  const at = (percent: number) => histogram.getValueAtPercentile(percent) / 1000;
  return [
    { name: "fastest", ms: histogram.minNonZeroValue / 1000 },
    { name: "p50", ms: at(50) },
    { name: "p90", ms: at(90) },
    { name: "p95", ms: at(95) },
    { name: "p99", ms: at(99) },
    { name: "p99.9", ms: at(99.9) },
    { name: "slowest", ms: histogram.maxValue / 1000 },
  ];
}

const hour = 3_600_000_000;

/** `0.42 ms`, `17 ms`, `1.05 s`: three digits at most. */
export function duration(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return `${ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`;
}

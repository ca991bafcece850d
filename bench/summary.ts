// Many rounds as one line for each row: medians, and the ratios to the baseline of the same round.
import type { Rounds } from "./rounds.js";
import type { Measurement } from "./stage.js";
import { median, medianOfKnown, medianRatio } from "./statistics.js";

/** Medians of the rounds. Latencies and CPU in microseconds. */
export interface RowSummary {
  row: string;
  requestsPerSecond: number;
  /** Median of the paired ratios. */
  requestsRatio: number;
  p50: number;
  p50Ratio: number;
  p99: number;
  p999: number;
  cpu: { requester?: number; responder?: number; server?: number };
}

export interface Section {
  inFlight: number;
  rows: RowSummary[];
}

export function summarize(rounds: Rounds, baseline: string): Section[] {
  return [...rounds].map(([inFlight, byRow]) => {
    const base = byRow.get(baseline) ?? [];
    return { inFlight, rows: [...byRow].map(([row, measured]) => summary(row, measured, base)) };
  });
}

function summary(row: string, measured: readonly Measurement[], base: readonly Measurement[]): RowSummary {
  const each = <T>(of: readonly Measurement[], pick: (m: Measurement) => T) => of.map(pick);
  const rate = (m: Measurement) => m.requestsPerSecond;
  const p50 = (m: Measurement) => m.p50;
  return {
    row,
    requestsPerSecond: median(each(measured, rate)),
    requestsRatio: medianRatio(each(measured, rate), each(base, rate)),
    p50: median(each(measured, p50)),
    p50Ratio: medianRatio(each(measured, p50), each(base, p50)),
    p99: median(each(measured, (m) => m.p99)),
    p999: median(each(measured, (m) => m.p999)),
    cpu: cpu(measured),
  };
}

function cpu(measured: readonly Measurement[]): RowSummary["cpu"] {
  const of = (part: keyof Measurement["cpu"]) => medianOfKnown(measured.map((m) => m.cpu[part]));
  const [requester, responder, server] = [of("requester"), of("responder"), of("server")];
  return { ...(requester && { requester }), ...(responder && { responder }), ...(server && { server }) };
}

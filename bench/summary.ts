// Summary: many rounds as one line for each row, with medians and the ratios of the same round.
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
  /** Requester, responder and server together. */
  cpuWhole?: number;
  /** Median of the paired ratios of the whole CPU to that of the row's floor. */
  cpuToFloor?: number;
}

export interface Section {
  inFlight: number;
  rows: RowSummary[];
}

export function summarize(
  rounds: Rounds,
  baseline: string,
  floors: Readonly<Partial<Record<string, string>>> = {},
): Section[] {
  return [...rounds].map(([inFlight, byRow]) => {
    const base = byRow.get(baseline) ?? [];
    const rows = [...byRow].map(([row, measured]) => {
      const floor = byRow.get(floors[row] ?? "") ?? [];
      return { ...summary(row, measured, base), ...wholeCpu(measured, floor) };
    });
    return { inFlight, rows };
  });
}

/** Undefined when a system does not report the CPU of one of the three processes. */
function wholeOf({ cpu: { requester, responder, server } }: Measurement): number | undefined {
  if (requester === undefined || responder === undefined || server === undefined) return undefined;
  return requester + responder + server;
}

function wholeCpu(measured: readonly Measurement[], floor: readonly Measurement[]) {
  const pairs = measured.flatMap((m, i) => {
    const [own, least] = [wholeOf(m), floor[i] && wholeOf(floor[i])];
    return own === undefined || least === undefined ? [] : [{ own, least }];
  });
  const cpuWhole = medianOfKnown(measured.map(wholeOf));
  const cpuToFloor = medianOfKnown(pairs.map(({ own, least }) => own / least));
  return { ...(cpuWhole && { cpuWhole }), ...(cpuToFloor && { cpuToFloor }) };
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

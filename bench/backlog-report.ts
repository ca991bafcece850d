// Backlogs of several sizes as one result, and as text for a terminal of 80 columns.
import type { BacklogMeasurement, BacklogPass, Cost, TimeOuts } from "./backlog-stage.js";
import { heading } from "./report.js";
import type { Surroundings } from "./result.js";
import { medianOfKnown } from "./statistics.js";
import { fixed, table, whole } from "./table.js";

/** Medians of the passes, in microseconds per request; `ratio` is wall time against the smallest size, measured around it. */
export interface BacklogSize {
  size: number;
  passes: number;
  queueing: Cost & { ratio: number };
  draining: Cost & { ratio: number };
  peakMb: BacklogMeasurement["peakMb"];
}

export interface BacklogResult extends Surroundings {
  payloadBytes: number;
  sizes: BacklogSize[];
  timeOuts: readonly TimeOuts[];
}

/** `measured` in ascending order of size. */
export function summarizeBacklogs(measured: readonly (readonly [number, BacklogMeasurement])[]): BacklogSize[] {
  return measured.map(([size, { passes, references, peakMb }]) => {
    const cost = (phase: Phase) => {
      const median = medianCost(passes.map((pass) => pass[phase]));
      const compared = references.length > 0 ? references : passes;
      return { ...median, ratio: median.wall / medianCost(compared.map((pass) => pass[phase])).wall };
    };
    return {
      ...{ size, passes: passes.length },
      ...{ queueing: cost("queueing"), draining: cost("draining"), peakMb },
    };
  });
}

type Phase = keyof BacklogPass;

function medianCost(costs: readonly Cost[]): Cost {
  const of = (part: keyof Cost) => medianOfKnown(costs.map((cost) => cost[part]));
  const parts = ["requester", "responder", "server"] as const;
  const cpu = parts.map((part) => [part, of(part)] as const).filter(([, value]) => value !== undefined);
  return { wall: of("wall") ?? 0, ...Object.fromEntries(cpu) };
}

export function reportBacklog(result: BacklogResult): string {
  return [
    heading(result),
    `${result.payloadBytes}-byte payloads, medians of the passes, × is the wall time against passes of\nthe smallest size, made right before and after`,
    ...(["queueing", "draining"] as const).map((phase) => phaseTable(phase, result.sizes)),
    peaks(result.sizes),
    lateness(result.timeOuts),
  ].join("\n\n");
}

function phaseTable(phase: "queueing" | "draining", sizes: readonly BacklogSize[]): string {
  const rows = sizes.map((s) => {
    const { wall, ratio, requester, responder, server } = s[phase];
    const cpu = [requester, responder, server].map((micros) => fixed(micros, 1));
    return [whole(s.size), whole(s.passes), fixed(wall, 1), fixed(ratio, 2), ...cpu];
  });
  const head = ["requests", "passes", "wall", "×", "requester", "responder", "server"];
  return `${phase}: µs per request, wall and CPU\n${table([head, ...rows])}`;
}

function peaks(sizes: readonly BacklogSize[]): string {
  const rows = sizes.map(({ size, peakMb }) => [
    whole(size),
    ...[peakMb.requester, peakMb.responder, peakMb.server].map((mb) => whole(mb)),
  ]);
  return `Peak memory in MB\n${table([["requests", "requester", "responder", "server"], ...rows])}`;
}

function lateness(timeOuts: readonly TimeOuts[]): string {
  const rows = timeOuts.map(({ count, p50, max }) => [whole(count), whole(p50), whole(max)]);
  return `Requests that time out together: how late their calls end, in ms\n${table([["requests", "p50", "max"], ...rows])}`;
}

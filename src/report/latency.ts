// The latencies of a run's loads as lines of text.
import type { RunResult } from "../history/result.js";
import { plain } from "./text.js";

/** `lunches: 500 timed, p50 2.1 ms, p90 3.4 ms, p99 8 ms, max 12 ms` for each load; none without one. */
export function latencyLines({ latency = [] }: RunResult): string[] {
  return latency.map(({ as, count, ...times }) => {
    const told = Object.entries(times).map(([name, ms]) => `${name} ${rounded(ms)} ms`);
    return `${plain(as)}: ${[`${count} timed`, ...told].join(", ")}`;
  });
}

/** Three figures say all that a latency can. */
const rounded = (ms: number) => Number(ms.toPrecision(3));

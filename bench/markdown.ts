// Markdown: a result as the tables of docs/performance.md.
import type { RunResult } from "./result.js";
import { fixed, whole } from "./table.js";

export function markdownOf({ sections, server, node, cores, rounds, payloadBytes }: RunResult): string {
  const about = `${cores} cores, Node ${node}, nats-server ${server.version}, ${payloadBytes}-byte payloads, medians of ${rounds} rounds`;
  const tables = sections.map(({ inFlight, rows }) =>
    [
      `### ${whole(inFlight)} in flight`,
      "",
      markdownTable(
        ["", "CPU, µs per request", "requester", "responder", "server", "× floor", "req/s", "rate, ×", "p50, ×"],
        rows.map((r) => [
          r.row,
          ...[r.cpuWhole, r.cpu.requester, r.cpu.responder, r.cpu.server].map((micros) => fixed(micros, 1)),
          ...[r.cpuToFloor ? fixed(r.cpuToFloor, 2) : "", whole(r.requestsPerSecond)],
          ...[fixed(r.requestsRatio, 2), fixed(r.p50Ratio, 2)],
        ]),
      ),
    ].join("\n"),
  );
  return [about, ...tables].join("\n\n");
}

/** The first column is text, the others are numbers. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), `|---|${"--:|".repeat(head.length - 1)}`, ...rows.map(line)].join("\n");
}

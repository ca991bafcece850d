// Report: a result as text for a terminal of 80 columns.
import type { RunResult, Surroundings } from "./result.js";
import type { RowSummary, Section } from "./summary.js";
import { fixed, table, unknown, whole } from "./table.js";

export function reportRun(result: RunResult, legend: Record<string, string>): string {
  return [
    heading(result),
    wholeCpu(result),
    `${result.payloadBytes}-byte payloads, medians of ${result.rounds} rounds, × is the median of the ratios\nto ${result.baseline} in the same round`,
    ...result.sections.map(section),
    peaks(result),
    explained(legend),
  ].join("\n\n");
}

function explained(legend: Record<string, string>): string {
  const width = Math.max(...Object.keys(legend).map((row) => row.length));
  return Object.entries(legend)
    .map(([row, about]) => `${row.padEnd(width)}  ${about}`)
    .join("\n");
}

export function heading({ server, node, platform, cores }: Surroundings): string {
  return `nats-server ${server.version}, Node ${node}, ${platform}, ${cores} cores`;
}

/** First, because it is what a request costs; rates and latencies depend on what else the machine does. */
function wholeCpu({ sections }: RunResult): string {
  const names = sections[0]?.rows.map(({ row }) => row) ?? [];
  const lines = names.map((name) => {
    const found = sections.map(({ rows }) => rows.find(({ row }) => row === name));
    return [name, ...found.flatMap((r) => [fixed(r?.cpuWhole, 1), r?.cpuToFloor ? fixed(r.cpuToFloor, 2) : ""])];
  });
  const columns = sections.flatMap(({ inFlight }) => [`${whole(inFlight)} in flight`, "× floor"]);
  return `CPU µs per request (requester, responder and server together), × is the
median of the ratios to the row's floor in the same round
${table([["", ...columns], ...lines])}`;
}

const head = [
  ["", "", "", "latency", "", "in µs", "", "CPU µs", "per", "request"],
  ["", "req/s", "×", "p50", "×", "p99", "p99.9", "req-er", "resp-er", "server"],
];

function section({ inFlight, rows }: Section): string {
  return `${whole(inFlight)} in flight\n${table([...head, ...rows.map(cells)])}`;
}

function cells(r: RowSummary): string[] {
  return [
    r.row,
    ...[whole(r.requestsPerSecond), fixed(r.requestsRatio, 2), whole(r.p50), fixed(r.p50Ratio, 2)],
    ...[whole(r.p99), whole(r.p999)],
    ...[fixed(r.cpu.requester, 1), fixed(r.cpu.responder, 1), fixed(r.cpu.server, 1)],
  ];
}

function peaks({ peakMb, sections }: RunResult): string {
  const names = sections[0]?.rows.map(({ row }) => row) ?? [];
  const lines = names.map((row) => [row, whole(peakMb.rows[row]?.requester), whole(peakMb.rows[row]?.responder)]);
  const server = peakMb.server === undefined ? unknown : `${whole(peakMb.server)} MB`;
  return `Peak memory in MB (nats-server, all rows together: ${server})\n${table([["", "requester", "responder"], ...lines])}`;
}

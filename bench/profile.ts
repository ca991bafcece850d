// Reads CPU profiles (the format of Chrome's DevTools) and says which functions the time was spent in themselves.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fixed, table } from "./table.js";

/** The parts that are used of https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  /** Microseconds before each sample. */
  timeDeltas: number[];
}

export interface SelfTime {
  name: string;
  micros: number;
  /** A function of the kit: not of Node, a dependency or the benchmark. */
  isOwn: boolean;
}

const most = 20;

/** The busiest function first; what the process waited is not in it. */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): SelfTime[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const own = new Set(nodes.flatMap(({ callFrame }) => (isOwn(callFrame.url) ? [nameOf(callFrame)] : [])));
  const totals = new Map<string, number>();
  samples.forEach((id, i) => {
    const name = names.get(id) ?? "?";
    totals.set(name, (totals.get(name) ?? 0) + (timeDeltas[i] ?? 0));
  });
  totals.delete("(idle)");
  return [...totals]
    .map(([name, micros]) => ({ name, micros, isOwn: own.has(name) }))
    .sort((a, b) => b.micros - a.micros);
}

const isOwn = (url: string) => /\/dist\/(?!bench\/)/.test(url) && !url.includes("/node_modules/");

function nameOf({ functionName, url, lineNumber }: CpuProfile["nodes"][number]["callFrame"]): string {
  const name = functionName || "(anonymous)";
  return url ? `${name} ${basename(url)}:${lineNumber + 1}` : name;
}

export function profileTable(times: readonly SelfTime[], requests: number): string {
  const total = times.reduce((sum, { micros }) => sum + micros, 0);
  const lines = times
    .slice(0, most)
    .map(({ name, micros }) => [name.slice(0, 56), fixed((100 * micros) / total, 1), fixed(micros / requests, 2)]);
  return table([["", "% self", "µs/request"], ...lines, ["all", "100.0", fixed(total / requests, 2)]]);
}

/** The share of the process' CPU; garbage collection counts for no function. */
export function busiestOwn(times: readonly SelfTime[]): string {
  const total = times.reduce((sum, { micros }) => sum + micros, 0);
  const own = times.filter((one) => one.isOwn);
  const all = own.reduce((sum, { micros }) => sum + micros, 0);
  const [busiest] = own;
  if (busiest === undefined) return "No function of the kit was sampled.";
  const share = (micros: number) => `${fixed((100 * micros) / total, 1)} %`;
  return `The kit's busiest function: ${busiest.name}, ${share(busiest.micros)}; all of the kit: ${share(all)}`;
}

export function reportProfile(folder: string, row: string, requests: number): string {
  const parts = ["requester", "responder"].map((part) => {
    const file = join(folder, `${row}-${part}.cpuprofile`);
    const profile = JSON.parse(readFileSync(file, "utf8")) as CpuProfile;
    const times = selfTimes(profile);
    return `${row}: ${part}\n${profileTable(times, requests)}\n${busiestOwn(times)}\n${file}`;
  });
  return parts.join("\n\n");
}

// What a process has used so far, read from outside so that all three processes are measured in one way. Linux only.
import { readFileSync } from "node:fs";

export interface Usage {
  /** Microseconds of CPU, user and system; the kernel counts in ticks of 10 ms. */
  cpuMicros?: number;
  /** Peak resident memory in MB (10^6 bytes). */
  peakMb?: number;
}

/** `USER_HZ`: 100 on every Linux that Node runs on, with any tick of the kernel. */
const microsPerTick = 10_000;

/** Empty where there is no /proc. */
export function usageOf(pid: number): Usage {
  try {
    const cpuMicros = cpuFrom(readFileSync(`/proc/${pid}/stat`, "utf8"));
    const peakMb = peakFrom(readFileSync(`/proc/${pid}/status`, "utf8"));
    return { cpuMicros, ...(peakMb === undefined ? {} : { peakMb }) };
  } catch {
    return {};
  }
}

/** Fields 14 and 15 of proc(5). Field 2, the command, may hold spaces and parentheses: count from its closing one. */
export function cpuFrom(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * microsPerTick;
}

export function peakFrom(status: string): number | undefined {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kib === undefined ? undefined : (Number(kib) * 1024) / 1e6;
}

/** CPU between two looks for each of `count` requests; undefined where it is not known. */
export function cpuPerRequest(before: Usage, after: Usage, count: number): number | undefined {
  if (before.cpuMicros === undefined || after.cpuMicros === undefined) return undefined;
  return (after.cpuMicros - before.cpuMicros) / count;
}

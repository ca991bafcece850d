// One backlog on a server of its own: a requester process, a responder process, and the time that queueing and
// draining take. What the two keep in memory shows in their peaks, so every size gets fresh processes.
import { jetstreamManager } from "@nats-io/jetstream";
import type { Interrupt } from "./interrupt.js";
import { openPlace, type Place } from "./place.js";
import type { Lateness } from "./rows/backlog.js";
import { purgeReplies, setUpStreams } from "./rows/streams.js";
import { cpuPerRequest, usageOf } from "./usage.js";
import { startWorker, type Worker } from "./workers/worker.js";

/** Microseconds per request, wall and CPU of the three processes; CPU is absent on a system that does not report it. */
export interface Cost {
  wall: number;
  requester?: number;
  responder?: number;
  server?: number;
}

export interface BacklogPass {
  queueing: Cost;
  draining: Cost;
}

export interface BacklogMeasurement {
  server: { version: string; origin: string };
  passes: BacklogPass[];
  /** Passes of the smallest size in the same processes, right before and after: what the cost is compared with. */
  references: BacklogPass[];
  peakMb: { requester?: number; responder?: number; server?: number };
}

const account = "backlog";
/** Requests that go through unmeasured first, so that the smallest size does not pay for cold code. */
const warmUp = 10_000;
/** Passes of the smallest size on either side of a larger one. */
const referencePasses = 5;

export async function measureBacklog(
  size: number,
  { repeats, reference }: { repeats: number; reference?: number },
  interrupt: Interrupt,
  progress: (line: string) => void,
): Promise<BacklogMeasurement> {
  await using place = await openPlace([account], progress);
  const nc = await place.connect(account);
  await setUpStreams(nc);
  await using requester = await worker(place, "requester");
  await using responder = await worker(place, "responder");
  const pids = { requester: requester.pid, responder: responder.pid, server: place.server.pid };
  const one = async (count: number): Promise<BacklogPass> => {
    const queueing = await costOf(requester, "queue", count, pids);
    const draining = await costOf(responder, "drain", count, pids);
    const { state } = await (await jetstreamManager(nc)).streams.info("REQUESTS");
    if (state.messages > 0) throw new Error(`${state.messages} requests are still queued after draining.`);
    await purgeReplies(nc);
    return { queueing, draining };
  };
  const attended = (count: number) => interrupt.race(place.whileUp(one(count)));
  await attended(warmUp);
  const several = async (count: number, times: number) => {
    const passes: BacklogPass[] = [];
    while (passes.length < times) passes.push(await attended(count));
    return passes;
  };
  const compared = async () => (reference === undefined ? [] : several(reference, referencePasses));
  progress(`${size.toLocaleString("en-US")} waiting`);
  const before = await compared();
  const passes = await several(size, repeats);
  const references = [...before, ...(await compared())];
  const { version, origin } = place.server;
  return { server: { version, origin }, passes, references, peakMb: peaksOf(pids) };
}

/** How late the calls of so many requests end whose time-out is the same; on a server and in a process of its own. */
export async function measureTimeOuts(
  counts: readonly number[],
  interrupt: Interrupt,
  progress: (line: string) => void,
): Promise<TimeOuts[]> {
  const measured: TimeOuts[] = [];
  for (const count of counts) {
    await using place = await openPlace([account], progress);
    await setUpStreams(await place.connect(account));
    await using requester = await worker(place, "requester");
    progress(`${count.toLocaleString("en-US")} time out together`);
    const late = await interrupt.race(place.whileUp(requester.call<Lateness>("timeOut", count)));
    measured.push({ count, ...late });
  }
  return measured;
}

export interface TimeOuts extends Lateness {
  count: number;
}

type Pids = Record<"requester" | "responder" | "server", number>;

const worker = (place: Place, part: string) =>
  startWorker({ file: "backlog.js", job: part, settings: place.settings(account), folder: place.folder });

async function costOf(who: Worker, method: string, count: number, pids: Pids): Promise<Cost> {
  const parts = Object.entries(pids);
  const before = parts.map(([, pid]) => usageOf(pid));
  const seconds = await who.call<number>(method, count);
  const cpu = parts.map(([part, pid], i) => [part, cpuPerRequest(before[i] ?? {}, usageOf(pid), count)]);
  return { wall: (seconds * 1e6) / count, ...known(cpu) };
}

const peaksOf = (pids: Pids) => known(Object.entries(pids).map(([part, pid]) => [part, usageOf(pid).peakMb]));

const known = (entries: (string | number | undefined)[][]): Partial<Record<keyof Pids, number>> =>
  Object.fromEntries(entries.filter(([, value]) => value !== undefined));

// One row on a place: its account set up, its two processes running. Every round of the row uses the same ones, so
// that the code is warm and the peak memory is of the whole run.
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Load, LoadOptions } from "./load.js";
import type { Place } from "./place.js";
import { isOfKit, type RowName, rows } from "./rows/index.js";
import { cpuPerRequest, usageOf } from "./usage.js";
import { startWorker, type Worker } from "./workers/worker.js";

/** CPU in microseconds per request; absent on a system that does not report it. */
export interface Measurement extends Load {
  requestsPerSecond: number;
  cpu: { requester?: number; responder?: number; server?: number };
}

export interface Peaks {
  requester?: number;
  responder?: number;
}

export interface Stage extends AsyncDisposable {
  measure(options: LoadOptions): Promise<Measurement>;
  /** In MB, so far. */
  peaks(): Peaks;
}

export interface StageOptions {
  /** A folder for the CPU profiles of both processes, written when the stage is disposed. */
  profileInto?: string;
  /** A checkout whose compiled processes run the row. */
  before?: string;
}

/** The account of a row that an earlier version runs. */
export const beforeOf = (name: RowName) => `${name}-before`;

export async function setStage(
  place: Place,
  name: RowName,
  { profileInto, before }: StageOptions = {},
): Promise<Stage> {
  const account = before === undefined ? name : beforeOf(name);
  const nc = await place.connect(account);
  await rows[name].setup(nc);
  const start = (part: "requester" | "responder") =>
    startWorker({
      file: before === undefined ? `row-${part}.js` : workerOf(before, `row-${part}.js`),
      job: name,
      settings: place.settings(account),
      folder: place.folder,
      execArgv: profileInto ? profiled(profileInto, `${name}-${part}.cpuprofile`) : [],
    });
  const responder = await start("responder");
  const requester = await start("requester").catch(async (error) => {
    await responder[Symbol.asyncDispose]();
    throw error;
  });
  return {
    measure: async (options) => {
      await rows[name].clean(nc);
      return measured(options, requester, responder, place.server.pid);
    },
    peaks: () => peaks(requester, responder),
    [Symbol.asyncDispose]: async () => {
      await requester[Symbol.asyncDispose]();
      await responder[Symbol.asyncDispose]();
    },
  };
}

/** The stages of several rows, all released together, also when one of them cannot be set. */
export async function setStages(
  place: Place,
  names: readonly RowName[],
  before?: string,
): Promise<Map<string, Stage> & AsyncDisposable> {
  const stages = new Map<string, Stage>();
  const release = async () => {
    await Promise.all([...stages.values()].map((stage) => stage[Symbol.asyncDispose]()));
  };
  try {
    for (const name of names) {
      if (before !== undefined && isOfKit(name)) stages.set(beforeOf(name), await setStage(place, name, { before }));
      stages.set(name, await setStage(place, name));
    }
  } catch (error) {
    await release();
    throw error;
  }
  return Object.assign(stages, { [Symbol.asyncDispose]: release });
}

const workerOf = (checkout: string, file: string) =>
  pathToFileURL(join(resolve(checkout), "dist/bench/workers", file)).href;

const profiled = (folder: string, file: string) => [
  "--cpu-prof",
  `--cpu-prof-dir=${folder}`,
  `--cpu-prof-name=${file}`,
  "--cpu-prof-interval=250",
];

async function measured(
  options: LoadOptions,
  requester: Worker,
  responder: Worker,
  server: number,
): Promise<Measurement> {
  const look = () => [requester.pid, responder.pid, server].map(usageOf);
  const before = look();
  const load = await requester.call<Load>("load", options);
  const after = look();
  const [a, b, c] = before.map((usage, i) => cpuPerRequest(usage, after[i] ?? {}, options.requests));
  const cpu = { ...(a && { requester: a }), ...(b && { responder: b }), ...(c && { server: c }) };
  return { ...load, requestsPerSecond: options.requests / load.seconds, cpu };
}

function peaks(requester: Worker, responder: Worker): Peaks {
  const a = usageOf(requester.pid).peakMb;
  const b = usageOf(responder.pid).peakMb;
  return { ...(a && { requester: a }), ...(b && { responder: b }) };
}

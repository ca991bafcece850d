// Experiments: runs scenario data on a real server, and classifies what came of it. Runs that break no server share one.
import { randomBytes } from "node:crypto";
import { faults } from "../faults/index.js";
import type { HistoryEvent } from "../history/event.js";
import { faultsWithoutEffect, standing, unmet } from "../history/judge.js";
import type { Run } from "../history/result.js";
import { type RunOptions, runScenario } from "../runner/run.js";
import { brokenRun } from "../runner/run-result.js";
import type { Scenario, Step } from "../scenario/model.js";
import {
  type Cluster,
  chooseServer,
  createRunFolder,
  findServer,
  type RunFolder,
  startCluster,
} from "../server/index.js";
import { isUnanswered } from "./draw.js";
import { type ScenarioData, scenarioOf } from "./scenario-data.js";

/** `without-effect`: a fault of the run had no effect, so that the run proves nothing. `failed`: the run itself could not be made. */
export const experimentStates = ["held", "violated", "without-effect", "inconclusive", "failed"] as const;
export type ExperimentState = (typeof experimentStates)[number];

export interface Outcome {
  data: ScenarioData;
  state: ExperimentState;
  /** The violated checks, and `unanswered` if requests stayed in the queue. */
  found: string[];
  reason?: string;
  durationMs: number;
  /** Of the run, as far as it came. */
  events: readonly HistoryEvent[];
  run?: Run;
}

export type ExperimentOptions = Pick<
  RunOptions,
  "actors" | "programs" | "historyRoot" | "serverVersion" | "onProgress" | "signal"
>;

export class Laboratory implements AsyncDisposable {
  readonly #options: ExperimentOptions;
  #shared?: SharedServer;

  constructor(options: ExperimentOptions) {
    this.#options = options;
  }

  /** @throws only what interrupted it. */
  async run(data: ScenarioData, seed: number): Promise<Outcome> {
    const { signal } = this.#options;
    const scenario = scenarioOf(data);
    if (!scenario) throw new Error(`${data.scenario} is no valid scenario.`);
    const begun = performance.now();
    let folder: string | undefined;
    const onHistory = (history: string) => {
      folder = history;
    };
    const durationMs = () => Math.round(performance.now() - begun);
    try {
      const connection = sharesServer(scenario) ? (await this.#server()).connection : undefined;
      const run = await runScenario(scenario, { ...this.#options, seed, connection, onHistory });
      return { data, ...classify(run), durationMs: durationMs(), events: run.events, run };
    } catch (error) {
      signal?.throwIfAborted();
      await this.#close(); // its streams may still be there
      const reason = (error as Error).message;
      const run = folder === undefined ? undefined : brokenRun(scenario, folder, reason);
      return { data, state: "failed", found: [], reason, durationMs: durationMs(), events: run?.events ?? [], run };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  async #server(): Promise<SharedServer> {
    this.#shared ??= await startShared(this.#options);
    return this.#shared;
  }

  async #close(): Promise<void> {
    const shared = this.#shared;
    this.#shared = undefined;
    await shared?.[Symbol.asyncDispose]();
  }
}

// The shared server.

interface SharedServer extends AsyncDisposable {
  connection: { servers: string; user: string; password: string };
}

async function startShared({ serverVersion, onProgress }: ExperimentOptions): Promise<SharedServer> {
  const find = { onProgress };
  const binary = serverVersion === undefined ? await findServer(find) : await chooseServer(serverVersion, find);
  const folder: RunFolder = await createRunFolder();
  try {
    const credentials = { user: "jsrr", password: randomBytes(16).toString("hex") };
    const options = { nodes: 1, credentials, binary, folder: folder.path } as const;
    const cluster: Cluster = await startCluster({ ...options, onSpawn: (pid) => folder.adopt(pid) });
    const dispose = async () => {
      await cluster[Symbol.asyncDispose]();
      await folder.release();
    };
    return { connection: { servers: cluster.urls, ...credentials }, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await folder.release();
    throw error;
  }
}

/** Nothing in it needs a server of its own. */
function sharesServer({ timeline, server, requesters, responders }: Scenario): boolean {
  const external = Object.values({ ...requesters, ...responders }).some(({ kind }) => kind === "external");
  const plain = server.nodes === 1 && !server.syncInterval && !server.maxFileStore && !server.maxMemory;
  return plain && !external && !timeline.some(needsOwnServer);
}

function needsOwnServer(step: Step): boolean {
  if (step.kind === "together" || step.kind === "repeat") return step.steps.some(needsOwnServer);
  return step.kind === "restart" || (step.kind === "inject" && faults[step.fault].needs.length > 0);
}

// What came of a run.

function classify({ result, events }: Run): Pick<Outcome, "state" | "found" | "reason"> {
  const violated = result.checks.filter((check) => standing(check) === "violated");
  const unanswered = result.expectations.filter(({ path, verdict }) => isUnanswered(path) && verdict === "violated");
  const found = [...violated.map(({ name }) => name), ...(unanswered.length > 0 ? ["unanswered"] : [])];
  if (found.length > 0) {
    const reason = violated[0] ? `${violated[0].name}: ${violated[0].detail}` : unmet(unanswered[0] as never);
    return { state: "violated", found, reason };
  }
  const toothless = faultsWithoutEffect(events);
  if (toothless.length > 0) return { state: "without-effect", found, reason: toothless.join(", ") };
  if (result.verdict === "held") return { state: "held", found };
  return { state: "inconclusive", found, reason: result.reason };
}

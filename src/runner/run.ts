// One run of a scenario from beginning to end: acquire, play, stop, read, judge; and release, whatever happened.

import { randomInt } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ConnectionSettings } from "../connection/connect.js";
import type { ChosenCheck } from "../history/checks/index.js";
import { counts } from "../history/counts.js";
import type { HistoryEvent } from "../history/event.js";
import { faultsWithoutEffect, judge, verdictOf } from "../history/judge.js";
import { latencies } from "../history/latency.js";
import { Outcomes } from "../history/outcome.js";
import { readHistory } from "../history/read.js";
import { historyFormat, type Run, type RunResult } from "../history/result.js";
import type { Scenario } from "../scenario/model.js";
import { createRunFolder, sweepRunFolders } from "../server/index.js";
import { actorsOf, Spares } from "./actor-process.js";
import { openEnvironment } from "./environment.js";
import { judgeAll } from "./evaluate.js";
import { createHistoryFolder, defaultHistoryRoot, resultFile, scenarioCopy } from "./history-folder.js";
import { readStreams, removeOwn } from "./read-streams.js";
import { Lab } from "./run-context.js";
import { playTimeline } from "./timeline.js";

export interface RunOptions {
  /** A server that runs already; without it the kit brings its own. */
  connection?: ConnectionSettings;
  /** Folder that gets one folder per run. Default: the user's state folder. */
  historyRoot?: string;
  /** The run's own folder, as soon as it is there: what a run that fails leaves behind is in it. */
  onHistory?: (folder: string) => void;
  /** Each event as it happens. */
  onEvent?: (event: HistoryEvent) => void;
  /** Which nats-server the kit's own is: `PATH`, `cache`, a version, or a path. Default: the first that is found. */
  serverVersion?: string;
  /** One line of text at a time, while a server is being fetched. */
  onProgress?: (line: string) => void;
  /** Actor name to a module that plays it in the kit's place: for tests, whose checks have to catch a broken one. */
  programs?: Readonly<Record<string, string>>;
  /** Breaks the run off; everything is released, and the run rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Where everything random comes from, 0 to 2^32 - 1. Default: the scenario's, else a new one. */
  seed?: number;
}

/** @throws what the run itself could not do; a scenario that did not hold is a result, not an error. */
export async function runScenario(scenario: Scenario, options: RunOptions = {}): Promise<Run> {
  const startedAt = performance.now();
  await sweepRunFolders();
  const historyFolder = createHistoryFolder(options.historyRoot ?? defaultHistoryRoot(), scenario.name);
  // First of all: the history of a run that was killed can be judged, too.
  writeFileSync(join(historyFolder, scenarioCopy), scenario.text);
  options.onHistory?.(historyFolder);
  const seed = options.seed ?? scenario.seed ?? randomInt(2 ** 32);
  const { server, expectations } = await experiment(scenario, historyFolder, { ...options, seed });
  const events = readHistory(historyFolder);
  const durationMs = Math.round(performance.now() - startedAt);
  const rest = { expectations, server, seed, durationMs, history: historyFolder };
  const result = judged(scenario, events, rest);
  writeFileSync(join(historyFolder, resultFile), `${JSON.stringify(result, null, 2)}\n`);
  return { result, events, scenario: scenario.text };
}

async function experiment(scenario: Scenario, historyFolder: string, options: RunOptions & { seed: number }) {
  const signal = options.signal ?? new AbortController().signal;
  await using folder = await createRunFolder();
  await using spares = new Spares(actorsOf(scenario), (pid) => folder.adopt(pid));
  await using environment = await openEnvironment(scenario, folder, options);
  const { server } = environment;
  signal.throwIfAborted();
  const { onEvent, programs } = options;
  await using lab = new Lab({
    scenario,
    environment,
    spares,
    historyFolder,
    signal,
    seed: options.seed,
    ...(onEvent ? { onEvent } : {}),
    ...(programs ? { programs } : {}),
  });
  try {
    return { server, expectations: await playAndRead(lab, options) };
  } catch (error) {
    signal.throwIfAborted();
    throw (await lab.serverDeath()) ?? (lab.signal.aborted ? lab.signal.reason : error);
  }
}

async function playAndRead(lab: Lab, { seed, connection }: RunOptions & { seed: number }) {
  const { scenario, environment } = lab;
  const { server, streams } = environment;
  const binary = `nats-server ${server.version}`;
  lab.record({ type: "run-started", scenario: scenario.name, server: binary, seed, format: historyFormat });
  if (streams.length > 0) lab.record({ type: "setup-applied", streams });
  if (streams.length > 0) lab.listen();
  await Promise.all(onlineAtFirst(scenario).map((name) => lab.startActor(name)));
  const expectations = await playTimeline(lab);
  await lab.faults.settle();
  expectations.push(...(await judgeAll(lab, scenario.thresholds)));
  await lab.stopAllActors();
  for (const event of await lab.unlessBroken(() => readStreams(environment))) lab.record(event);
  lab.faults.tellWhatBit();
  if (connection) await removeOwn(environment, lab.history.events);
  return expectations;
}

function onlineAtFirst({ requesters, responders, services }: Scenario): string[] {
  const actors = Object.entries({ ...requesters, ...responders, ...services });
  return actors.filter(([, settings]) => settings.online).map(([name]) => name);
}

// From a finished history to the result of its run: the same for a run that has just ended and for a saved one.

/** What a judgement takes from a scenario. */
export interface Plot extends Pick<Scenario, "name" | "question" | "answer" | "file" | "expected"> {
  check: readonly ChosenCheck[];
}

/** What a history does not tell. */
export type Circumstances = Pick<RunResult, "expectations" | "server" | "seed" | "durationMs" | "history">;

export function judged(plot: Plot, events: readonly HistoryEvent[], rest: Circumstances): RunResult {
  const { name, question, answer, file } = plot;
  const outcomes = new Outcomes();
  for (const event of events) outcomes.apply(event);
  const checks = judge(events, plot.check, plot.expected);
  const latency = latencies(events);
  const { expectations, ...circumstances } = rest;
  return {
    format: historyFormat,
    scenario: name,
    question,
    answer,
    file,
    ...verdictOf({ expectations, checks, toothless: faultsWithoutEffect(events) }),
    requests: outcomes.all(),
    expectations,
    checks,
    counts: counts(events),
    ...(latency.length > 0 && { latency }),
    ...circumstances,
  };
}

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
import { actorsOf, SpareProcesses } from "./actor-process.js";
import { openEnvironment } from "./environment.js";
import { judgeAll } from "./evaluate.js";
import { createHistoryFolder, defaultHistoryRoot, resultFile, scenarioCopy } from "./history-folder.js";
import { readStreams, removeOwn } from "./read-streams.js";
import { RunContext } from "./run-context.js";
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
  await using spareProcesses = new SpareProcesses(actorsOf(scenario), (pid) => folder.adopt(pid));
  await using environment = await openEnvironment(scenario, folder, options);
  const { server } = environment;
  signal.throwIfAborted();
  const { onEvent, programs } = options;
  await using context = new RunContext({
    scenario,
    environment,
    spareProcesses,
    historyFolder,
    signal,
    seed: options.seed,
    ...(onEvent ? { onEvent } : {}),
    ...(programs ? { programs } : {}),
  });
  try {
    return { server, expectations: await playAndRead(context, options) };
  } catch (error) {
    signal.throwIfAborted();
    throw (await context.serverDeath()) ?? (context.signal.aborted ? context.signal.reason : error);
  }
}

async function playAndRead(context: RunContext, { seed, connection }: RunOptions & { seed: number }) {
  const { scenario, environment } = context;
  const { server, streams } = environment;
  const binary = `nats-server ${server.version}`;
  context.record({
    type: "run-started",
    scenario: scenario.name,
    server: binary,
    seed,
    format: historyFormat,
  });
  if (streams.length > 0) context.record({ type: "setup-applied", streams });
  if (streams.length > 0) context.listen();
  await Promise.all(onlineAtFirst(scenario).map((name) => context.startActor(name)));
  const expectations = await playTimeline(context);
  await context.faults.settle();
  expectations.push(...(await judgeAll(context, scenario.thresholds)));
  await context.stopAllActors();
  for (const event of await context.unlessBroken(() => readStreams(environment))) context.record(event);
  context.faults.tellWhatBit();
  if (connection) await removeOwn(environment, context.history.events);
  return expectations;
}

function onlineAtFirst({ requesters, responders, services }: Scenario): string[] {
  const actors = Object.entries({ ...requesters, ...responders, ...services });
  return actors.filter(([, settings]) => settings.online).map(([name]) => name);
}

// From a finished history to the result of its run: the same for a run that has just ended and for a saved one.

/** What a judgement takes from a scenario. */
export interface JudgedScenario extends Pick<Scenario, "name" | "question" | "answer" | "file" | "expected"> {
  check: readonly ChosenCheck[];
}

/** What a history does not tell. */
export type RunFacts = Pick<RunResult, "expectations" | "server" | "seed" | "durationMs" | "history">;

export function judged(scenario: JudgedScenario, events: readonly HistoryEvent[], rest: RunFacts): RunResult {
  const { name, question, answer, file } = scenario;
  const outcomes = new Outcomes();
  for (const event of events) outcomes.apply(event);
  const checks = judge(events, scenario.check, scenario.expected);
  const latency = latencies(events);
  const { expectations, ...runFacts } = rest;
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
    ...runFacts,
  };
}

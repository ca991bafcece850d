// One run of a scenario: prepares, starts the servers and actors, plays the timeline, heals, reads the streams, judges, releases.
import { randomInt } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { ConnectionSettings } from "../connection/connect.js";
import { CausalStream } from "../history/causal-order.js";
import type { HistoryEvent } from "../history/event.js";
import { merge } from "../history/read.js";
import { historyFormat, type Run } from "../history/result.js";
import type { Scenario } from "../scenario/model.js";
import { createRunFolder, orGone, sweepRunFolders } from "../server/index.js";
import { SpareProcesses } from "./actor-process.js";
import { type Environment, openEnvironment } from "./environment.js";
import { judgeAll } from "./evaluate.js";
import { type ExternalActor, requireExternalActors } from "./external-actor.js";
import { createHistoryFolder, defaultHistoryRoot, resultFile, scenarioCopy } from "./history-folder.js";
import { readStreams, removeOwn } from "./read-streams.js";
import { RunContext } from "./run-context.js";
import { resultOf } from "./run-result.js";
import { playTimeline } from "./timeline.js";

export interface RunOptions {
  /** A server that runs already; without it the kit brings its own. */
  connection?: ConnectionSettings;
  /** Folder that gets one folder per run. Default: the user's state folder. */
  historyRoot?: string;
  /** Called with the run's own folder as soon as it exists: a run that fails leaves its events in it. */
  onHistory?: (folder: string) => void;
  /** Each event as it happens. An effect waits for its cause, at most a quarter of a second. */
  onEvent?: (event: HistoryEvent) => void;
  /** Which nats-server the kit's own is: `PATH`, `cache`, a version, or a path. Default: the first that is found. */
  serverVersion?: string;
  /** One line of text at a time, while a server is being fetched. */
  onProgress?: (line: string) => void;
  /** Actor name to a module that runs in its role's place: for tests, whose checks have to find a broken one. */
  programs?: Readonly<Record<string, string>>;
  /** Actor name to the process, or to the code in this process, of each actor with `kind: external`. */
  actors?: Readonly<Record<string, ExternalActor>>;
  /** Stops the run; everything is released, and the run rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Where everything random comes from, 0 to 2^32 - 1. Default: the scenario's, else a new one. */
  seed?: number;
}

/** @throws what the run itself could not do; a scenario that did not hold is a result, not an error. */
export async function runScenario(scenario: Scenario, options: RunOptions = {}): Promise<Run> {
  const startedAt = performance.now();
  requireExternalActors(scenario, options.actors);
  await sweepRunFolders();
  const history = createHistoryFolder(options.historyRoot ?? defaultHistoryRoot(), scenario.name);
  // First of all: the history of a run that was killed can be judged, too.
  writeFileSync(join(history, scenarioCopy), scenario.text, { mode: 0o600 });
  options.onHistory?.(history);
  const seed = options.seed ?? scenario.seed ?? randomInt(2 ** 32);

  const { server, expectations, recorded } = await play(scenario, history, { ...options, seed });

  const events = merge([recorded]);
  const durationMs = Math.round(performance.now() - startedAt);
  const result = resultOf(scenario, events, { expectations, server, seed, durationMs, history });
  writeFileSync(join(history, resultFile), `${JSON.stringify(result, null, 2)}\n`, { mode: 0o600 });
  return { result, events, scenario: scenario.text };
}

/** Everything that the run acquires is released when this ends, in reverse order. */
async function play(scenario: Scenario, historyFolder: string, options: RunOptions & { seed: number }) {
  const { onEvent, programs, actors: bound = {}, seed, signal = new AbortController().signal } = options;
  await using folder = await createRunFolder();
  const online = onlineAtFirst(scenario);
  // As many processes as the scenario will start, as far as its timeline says.
  const actors = online.length + scenario.timeline.filter(({ kind }) => kind === "start").length;
  await using spareProcesses = new SpareProcesses(actors, (pid) => folder.adopt(pid));
  const random = (purpose: string) => randomFrom(seed, purpose);
  await using environment = await openEnvironment(scenario, folder, { ...options, random: random("faults") });
  const { server, streams } = environment;
  signal.throwIfAborted();
  const parts = { scenario, environment, spareProcesses, historyFolder };
  using watched = onEvent && new CausalStream(onEvent);
  const watch = watched && ((event: HistoryEvent) => watched.push(event));
  const external = { actors: bound, adopt: folder.adopt };
  await using context = new RunContext({ ...parts, signal, random, onEvent: watch, programs, external });
  try {
    const { version } = server;
    const begun = { scenario: scenario.name, server: `nats-server ${version}`, seed, format: historyFormat };
    const nodes = environment.own?.nodes.map(({ name }) => name) ?? [];
    context.record({ type: "run-started", ...begun, nodes: nodes.length > 1 ? nodes : undefined });
    if (streams.length > 0) {
      context.record({ type: "setup-applied", streams, ackWaitMs: await ackWaitOf(environment) });
      context.listen();
      await context.observeBroker();
    }
    // All of them: an actor that still starts when another one fails would outlive the run.
    for (const started of await Promise.allSettled(online.map((name) => context.startActor(name))))
      if (started.status === "rejected") throw started.reason;

    const expectations = await playTimeline(context);
    await context.faults.settle();
    expectations.push(...(await judgeAll(context, scenario.thresholds)));
    await context.stopAllActors();

    const left = await context.unlessAborted(() => readStreams(environment));
    for (const event of left) context.record(event);
    context.faults.recordEffects();
    if (options.connection) await removeOwn(environment, context.history.events);
    return { server, expectations, recorded: context.history.events };
  } catch (error) {
    signal.throwIfAborted();
    throw (await context.serverDeath()) ?? (context.signal.aborted ? context.signal.reason : error);
  }
}

async function ackWaitOf({ jsm, queues, consumers }: Environment): Promise<number | undefined> {
  const [names, ...otherQueues] = queues;
  const [consumer, ...others] = consumers;
  if (!names || consumer === undefined || others.length + otherQueues.length > 0) return undefined;
  const info = await orGone(jsm.consumers.info(names.requestStream, consumer), undefined);
  return info && (info.config.ack_wait ?? 0) / 1e6;
}

function onlineAtFirst({ requesters, responders, services }: Scenario): string[] {
  const actors = Object.entries({ ...requesters, ...responders, ...services });
  return actors.filter(([, settings]) => settings.online).map(([name]) => name);
}

// Random numbers of a run.

/** Numbers from 0 up to 1; the same for the same seed (0 to 2^32 - 1) and purpose. */
export function randomFrom(seed: number, purpose: string): () => number {
  const generator = xoroshiro128plus((seed ^ fnv1a(purpose)) | 0);
  return () => uniformFloat64(generator);
}

/** FNV-1a, 32 bits: two purposes get numbers that have nothing to do with one another. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

// The conformance run: one scenario for each promise, with the service in the place of its external actors.
import { randomUUID } from "node:crypto";
import PQueue from "p-queue";
import { didYouMean } from "../common/did-you-mean.js";
import type { Run, ServerFacts } from "../history/result.js";
import { InvalidInputError, ServerTooOldError } from "../protocol/errors.js";
import { ActorEndedError, type ExternalCommand } from "../runner/external-process.js";
import { externalActors } from "../runner/managed-servers.js";
import { type RunOptions, runScenario } from "../runner/run.js";
import { parseScenario, readScenarioText } from "../scenario/load.js";
import type { Scenario, Step } from "../scenario/model.js";
import { type OrderKind, orderKinds, placeholder } from "./orders.js";
import { type ConformancePromise, promiseFile, promisesOf, type Role } from "./promises.js";

interface ConformanceOptions extends Pick<RunOptions, "historyRoot" | "onProgress" | "signal" | "serverVersion"> {
  role: Role;
  /** What is judged. Of a requester, `{order}`, `{timeout}` (milliseconds) and `{id}` are replaced in its arguments. */
  actor: ExternalCommand;
  orders: Partial<Record<OrderKind, string>>;
  /** Of each request. */
  payload?: string | undefined;
  /** The optional promises that the service makes; `all` is each of them. */
  claims: readonly string[];
  /** Only these promises; default: each of the role. */
  only?: readonly string[] | undefined;
  /** Runs at the same time. */
  parallel: number;
}

/** `kept`: its run held. `broken`: its run shows the opposite. `not shown`: neither, for the reason. */
export type PromiseState = "kept" | "broken" | "not shown";

export interface JudgedPromise {
  promise: string;
  /** The sentence that is judged. */
  text: string;
  page: string;
  state: PromiseState;
  /** Why it is not kept. */
  reason?: string;
  /** False if the service does not make it: it was not run. */
  claimed: boolean;
  /** Folder of its run. */
  history?: string;
  durationMs: number;
}

export interface ConformanceReport {
  format: 1;
  role: Role;
  /** Absent if no promise was run. */
  server?: ServerFacts;
  counts: Record<PromiseState, number>;
  promises: JudgedPromise[];
  durationMs: number;
}

/** @throws InvalidInputError for a promise that is none; the error of the first run if the service did not start. */
export async function conformance(options: ConformanceOptions): Promise<ConformanceReport> {
  const { role, parallel, signal } = options;
  const startedAt = performance.now();
  const names = chosen(options);
  const trials = await Promise.all(names.map((name) => trialOf(name, options)));
  const queue = new PQueue({ concurrency: parallel });
  let server: ServerFacts | undefined;
  let done = 0;
  const judge = async (trial: PromiseTrial, isFirst: boolean) => {
    signal?.throwIfAborted();
    const begun = performance.now();
    const { facts, ...found } = await judgePromise(trial, options, isFirst);
    signal?.throwIfAborted();
    server ??= facts;
    const judged: JudgedPromise = { ...found, durationMs: Math.round(performance.now() - begun) };
    options.onProgress?.(`${++done}/${names.length} ${judged.state}: ${trial.name}`);
    return judged;
  };
  // A service that does not start would fail every run in the same way.
  const [head, ...others] = trials as [PromiseTrial, ...PromiseTrial[]];
  const first = await judge(head, true);
  const rest = await Promise.allSettled(others.map((trial) => queue.add(() => judge(trial, false))));
  const promises = [first, ...rest.map(valueOfSettled)];
  const of = (state: PromiseState) => promises.filter((one) => one.state === state).length;
  return {
    ...{ format: 1, role, server },
    counts: { kept: of("kept"), broken: of("broken"), "not shown": of("not shown") },
    promises,
    durationMs: Math.round(performance.now() - startedAt),
  };
}

function valueOfSettled<T>(settled: PromiseSettledResult<T>): T {
  if (settled.status === "rejected") throw settled.reason;
  return settled.value;
}

function chosen({ role, only, claims }: ConformanceOptions): string[] {
  const all = Object.keys(promisesOf(role));
  for (const name of [...(only ?? []), ...claims.filter((claim) => claim !== "all")]) {
    if (all.includes(name)) continue;
    const hint = didYouMean(name, all, "known") ?? "";
    throw new InvalidInputError(`Expected a promise of a ${role}, got ${JSON.stringify(name)}. ${hint}`.trim());
  }
  return all.filter((name) => !only || only.includes(name));
}

type Found = Omit<JudgedPromise, "durationMs"> & { facts?: ServerFacts };

interface PromiseTrial {
  name: string;
  promise: ConformancePromise;
  scenario: Scenario;
  /** Why it is not run. */
  unclaimed?: string;
}

async function trialOf(name: string, options: ConformanceOptions): Promise<PromiseTrial> {
  const { role, claims, only = [] } = options;
  const promise = promisesOf(role)[name] as ConformancePromise;
  const file = promiseFile(role, name);
  const { scenario, missing } = forService(await readScenarioText(file), file, options);
  const claimed = !promise.optional || [...claims, ...only].some((claim) => claim === name || claim === "all");
  const unclaimed = !claimed
    ? `Not claimed (--claim ${name}).`
    : missing
      ? `No order of this kind (--order ${missing}=NAME: ${orderKinds[missing]}).`
      : missingArgument(promise, options);
  return { name, promise, scenario, unclaimed };
}

async function judgePromise(trial: PromiseTrial, options: ConformanceOptions, isFirst: boolean): Promise<Found> {
  const { name, promise, scenario, unclaimed } = trial;
  const found = { promise: name, text: scenario.answer.trim(), page: promise.page, claimed: unclaimed === undefined };
  if (unclaimed) return { ...found, state: "not shown", reason: unclaimed };
  let history: string | undefined;
  const onHistory = (folder: string) => {
    history = folder;
  };
  const actors = Object.fromEntries(externalActors(scenario).map((external) => [external, filledIn(promise, options)]));
  try {
    const run = await runScenario(scenario, { ...options, onProgress: undefined, actors, onHistory });
    return { ...found, ...verdictOn(promise, run), history: run.result.history, facts: run.result.server };
  } catch (error) {
    if (options.signal?.aborted) throw error;
    const { message } = error as Error;
    if (error instanceof ActorEndedError) return { ...found, state: "broken", reason: message, history };
    if (isFirst && !(error instanceof ServerTooOldError)) throw error;
    return { ...found, state: "not shown", reason: message, history };
  }
}

const argumentsOf = ({ timeoutMs, choosesId }: ConformancePromise) =>
  [timeoutMs !== undefined && "{timeout}", choosesId && "{id}"].filter((one) => one !== false && one !== undefined);

function missingArgument(promise: ConformancePromise, { actor: { command } }: ConformanceOptions): string | undefined {
  const missing = argumentsOf(promise).find((one) => !command.some((word) => word.includes(one)));
  return missing && `The command of --actor has no argument ${missing}.`;
}

/** The command with what the promise needs in its arguments. An id that it does not choose is left out with its argument. */
function filledIn({ timeoutMs = 10_000, choosesId }: ConformancePromise, { actor, orders }: ConformanceOptions) {
  const id = randomUUID();
  const command = actor.command
    .filter((word) => choosesId || !word.includes("{id}"))
    .map((word) =>
      word
        .replaceAll("{order}", orders.ok ?? "")
        .replaceAll("{timeout}", `${timeoutMs}`)
        .replaceAll("{id}", id),
    );
  return { ...actor, command };
}

function verdictOn({ judge }: ConformancePromise, { result, events }: Run): Pick<Found, "state" | "reason"> {
  if (result.verdict === "violated") return { state: "broken", reason: result.reason };
  const finding = judge?.(events);
  const sentence = finding && `${finding.detail.charAt(0).toUpperCase()}${finding.detail.slice(1)}.`;
  if (finding?.verdict === "violated") return { state: "broken", reason: sentence };
  if (result.verdict === "inconclusive") return { state: "not shown", reason: result.reason };
  if (finding?.verdict === "inconclusive") return { state: "not shown", reason: sentence };
  return { state: "kept" };
}

/** The file with the orders and the payload of the service in it. `missing`: an order that the service does not have. */
function forService(text: string, file: string, { orders, payload }: ConformanceOptions) {
  const kinds = (Object.keys(orderKinds) as OrderKind[]).filter((kind) => text.includes(placeholder(kind)));
  let changed = text;
  for (const kind of kinds) changed = changed.replaceAll(placeholder(kind), orders[kind] ?? placeholder(kind));
  const { scenario, diagnostics } = parseScenario(changed, file);
  if (!scenario) throw new InvalidInputError(`${diagnostics[0]?.message ?? "invalid"} (${file})`);
  const filled = payload === undefined ? scenario : { ...scenario, timeline: withPayload(scenario.timeline, payload) };
  return { scenario: filled as Scenario, missing: kinds.find((kind) => orders[kind] === undefined) };
}

function withPayload(steps: readonly Step[], payload: string): Step[] {
  return steps.map((step) => {
    if ("steps" in step) return { ...step, steps: withPayload(step.steps, payload) };
    const isRequest = step.kind === "request" || (step.kind === "publish" && step.as !== undefined);
    return isRequest ? { ...step, payload } : step;
  });
}

/** 1 if a promise is broken, else 2 if one that the service makes is not shown, else 0. */
export function conformanceExitCode({ promises }: ConformanceReport): 0 | 1 | 2 {
  if (promises.some(({ state }) => state === "broken")) return 1;
  return promises.some(({ state, claimed }) => claimed && state === "not shown") ? 2 : 0;
}

// The result of a run: judged from its history, the same way for a run that has just ended, was broken off, or was saved.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { type CheckName, type ChosenCheck, nameOf } from "../history/checks/index.js";
import { counts } from "../history/counts.js";
import type { HistoryEvent } from "../history/event.js";
import { faultsWithoutEffect, judge, unfinishedLoads, verdictOf } from "../history/judge.js";
import { latencies } from "../history/latency.js";
import { Outcomes } from "../history/outcome.js";
import { HistoryDamagedError, jsonOf, merge, readHistory, readRecorded } from "../history/read.js";
import { recordFaults } from "../history/record.js";
import { historyFormat, type Run, type RunResult } from "../history/result.js";
import { ofType } from "../history/select.js";
import { asVerdict, savedVerdicts } from "../history/verdict.js";
import { InvalidInputError } from "../protocol/errors.js";
import { loadScenario } from "../scenario/load.js";
import type { Scenario } from "../scenario/model.js";
import { outputsIn, resultFile, scenarioCopy } from "./history-folder.js";

/** What a judgement needs of a scenario. */
interface JudgedScenario extends Pick<Scenario, "name" | "question" | "answer" | "file" | "expected"> {
  check: readonly ChosenCheck[];
}

/** What the events of a history do not say. */
type RunFacts = Pick<RunResult, "expectations" | "server" | "seed" | "durationMs" | "history">;

/** @param record what `recordFaults` found in the files of a saved run. */
export function resultOf(
  scenario: JudgedScenario,
  events: readonly HistoryEvent[],
  facts: RunFacts,
  record: string[] = [],
): RunResult {
  const { name, question, answer, file } = scenario;
  const outcomes = new Outcomes();
  for (const event of events) outcomes.apply(event);
  const checks = judge(events, scenario.check, scenario.expected);
  const latency = latencies(events);
  const { expectations, ...rest } = facts;
  const outputs = outputsIn(facts.history);
  return {
    format: historyFormat,
    ...{ scenario: name, question, answer, file },
    ...verdictOf({
      ...{ expectations, checks },
      toothless: faultsWithoutEffect(events),
      unfinished: unfinishedLoads(events),
      broken: ofType(events, "record-broken"),
      record,
    }),
    requests: outcomes.all(),
    expectations,
    checks,
    counts: counts(events),
    // An absent key, as the schema of results has it.
    ...(latency.length > 0 && { latency }),
    ...(outputs.length > 0 && { outputs }),
    ...rest,
  };
}

// Saved runs: judged again, without a server and without actors.

/**
 * The checks are the saved scenario's, and what its timeline expected is what was found then: that was looked up on a
 * server which is gone. With `only`, those checks and nothing else.
 * @throws InvalidInputError, HistoryDamagedError or ScenarioInvalidError, each naming the file, and the line where there is one.
 */
export async function judgeSavedRun(folder: string, only?: readonly CheckName[]): Promise<Run> {
  requireHistory(folder);
  requireKnownFormat(folder);
  const saved = savedResult(folder);
  const recorded = readRecorded(folder);
  const record = [...recorded.faults, ...(saved ? recorded.torn : []), ...recordFaults(recorded.files)];
  const events = merge(recorded.files);
  if (events.length === 0) throw new InvalidInputError(`${folder} holds a history without a single event.`);
  const scenario = await judgedScenario(folder, events, saved, only);
  const facts = runFacts(folder, events, saved);
  const result = resultOf(scenario, events, only ? { ...facts, expectations: [] } : facts, record);
  return { result, events, scenario: textOf(join(folder, scenarioCopy)) };
}

/**
 * What a run that failed or was interrupted has left behind: its events so far, and no verdict. Checks are not made: they
 * judge whole histories, and this one broke off in the middle.
 * @param failure says why, in a sentence.
 */
export function brokenRun(scenario: Scenario, folder: string, failure: string): Run {
  const events = eventsLeft(folder);
  const rest = runFacts(folder, events, undefined);
  const result = resultOf({ ...scenario, check: [] }, events, rest);
  return { result: { ...result, reason: failure }, events, scenario: scenario.text, failure };
}

/** Nothing of a damaged history: the report still says that the run failed. */
function eventsLeft(folder: string): HistoryEvent[] {
  try {
    return readHistory(folder);
  } catch (error) {
    if (error instanceof HistoryDamagedError) return [];
    throw error;
  }
}

function requireHistory(folder: string): void {
  const which = "name the folder that a run printed as its history";
  if (!existsSync(folder)) throw new InvalidInputError(`There is no folder ${folder}; ${which}.`);
  if (!statSync(folder).isDirectory()) throw new InvalidInputError(`${folder} is a file; ${which}.`);
  const found = readdirSync(folder).some((name) => name.endsWith(".ndjson"));
  if (!found) throw new InvalidInputError(`${folder} holds no history (no .ndjson file); ${which}.`);
}

/** Absent where the run was killed before its end. */
function savedResult(folder: string): Saved | undefined {
  const file = join(folder, resultFile);
  if (!existsSync(file)) return undefined;
  const { data, success } = savedShape.safeParse(jsonOf(textOf(file)));
  if (success) return data;
  throw new InvalidInputError(
    `${file} is not the result of a run in JSON; remove it, and the history is judged by its checks alone.`,
  );
}

const textOrCount = z.union([z.string(), z.number()]);

/** The part of a saved result that is used; the rest is computed again. */
const savedShape = z.looseObject({
  file: z.string(),
  expectations: z.array(
    z.looseObject({
      path: z.string(),
      expected: textOrCount,
      actual: textOrCount.exactOptional(),
      verdict: z.enum(savedVerdicts).transform(asVerdict),
      line: z.number(),
    }),
  ),
  server: z.looseObject({ version: z.string(), origin: z.string(), url: z.string() }),
  seed: z.number(),
  durationMs: z.number(),
});

type Saved = z.output<typeof savedShape>;

/** Checked before anything else is read: the content of a newer format is unknown. */
function requireKnownFormat(folder: string): void {
  const [firstEvent = ""] = textOf(join(folder, "lab.ndjson")).split("\n", 1);
  for (const text of [firstEvent, textOf(join(folder, resultFile))]) {
    const { format = historyFormat } = (jsonOf(text) ?? {}) as { format?: unknown };
    if (format === historyFormat) continue;
    throw new InvalidInputError(
      `${folder} is a history of format ${JSON.stringify(format)}, and this jsrr reads format ${historyFormat}: use a newer one.`,
    );
  }
}

const textOf = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "");

async function judgedScenario(
  folder: string,
  events: readonly HistoryEvent[],
  saved: Saved | undefined,
  only: readonly CheckName[] | undefined,
): Promise<JudgedScenario> {
  const file = join(folder, scenarioCopy);
  if (existsSync(file)) {
    const scenario = await loadScenario(file);
    // With the parameters that the scenario gives a check.
    const check = only?.map((name) => scenario.check.find((one) => nameOf(one) === name) ?? name) ?? scenario.check;
    return { ...scenario, file: saved?.file ?? file, check };
  }
  if (!only) throw new InvalidInputError(`${folder} holds no ${scenarioCopy}: name the checks with --check.`);
  const name = ofType(events, "run-started")[0]?.scenario ?? basename(folder);
  return { name, question: "", answer: "", file, check: only, expected: {} };
}

function runFacts(folder: string, events: readonly HistoryEvent[], saved: Saved | undefined): RunFacts {
  const [started] = ofType(events, "run-started");
  const version = started?.server.replace(/^nats-server /, "") || "of an unknown version";
  const lasted = ((events.at(-1)?.t ?? 0) - (events[0]?.t ?? 0)) / 1000;
  return {
    expectations: saved?.expectations ?? [],
    server: saved?.server ?? { version, origin: "a run that did not end", url: "" },
    seed: saved?.seed ?? started?.seed ?? 0,
    durationMs: saved?.durationMs ?? Math.round(lasted),
    history: folder,
  };
}

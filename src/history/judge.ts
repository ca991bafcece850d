// Judge: runs the checks on a finished history, compares them with what the scenario expects, and gives the verdict.
import { count } from "../common/plural.js";
import type { Check, Finding, Judge, Parameters } from "./checks/check.js";
import { type CheckName, type ChosenCheck, checks, nameOf } from "./checks/index.js";
import type { HistoryEvent } from "./event.js";
import { trailNote } from "./event-table.js";
import type { CheckResult, Expectation, RunResult, Trail, TrailEvent } from "./result.js";
import { type EventOf, isAsked, lastReadings, ofType } from "./select.js";
import { type Verdict, worst } from "./verdict.js";

/**
 * Runs the checks, each with its parameters.
 * @param expected is the verdict a scenario expects where it is not `held`: a known loss that is the lesson.
 */
export function judge(
  history: readonly HistoryEvent[],
  chosen: readonly ChosenCheck[],
  expected: Partial<Record<CheckName, Verdict>> = {},
): CheckResult[] {
  return chosen.map((one) => {
    const name = nameOf(one);
    const parameters: Parameters = typeof one === "string" ? {} : parametersOf(one);
    const check: Check = checks[name];
    const finding = inLightOfReading(
      check,
      history,
      runCheck((events) => check.judge(events, parameters), history),
    );
    return {
      name,
      expected: expected[name] ?? "held",
      ...parameters,
      ...finding,
      ...trailsOf(history, finding.requests),
    };
  });
}

const parametersOf = ({ name: _, ...parameters }: Exclude<ChosenCheck, string>): Parameters => parameters;

/** A reading that is shorter than the stream's own count proves no absence. */
function inLightOfReading({ reads = [], absence }: Check, history: readonly HistoryEvent[], finding: Finding): Finding {
  if (finding.verdict === "inconclusive" || (finding.verdict === "violated" && !absence)) return finding;
  const short = lastReadings(history).find(({ type, missing }) => missing && reads.includes(type));
  if (!short) return finding;
  const detail = `${count(short.missing as number, "message")} of ${short.stream} could not be read; without them: ${finding.detail}`;
  return { verdict: "inconclusive", detail, requests: finding.requests };
}

/** The verdict of a check that crashes is inconclusive, never a pass. */
export function runCheck(check: Judge, history: readonly HistoryEvent[]): Finding {
  try {
    return check(history);
  } catch (error) {
    return { verdict: "inconclusive", detail: `the check itself failed: ${String(error)}`, requests: [] };
  }
}

/** A check's verdict in the light of what was expected: an expected violation holds, its absence violates. */
export function standing({ verdict, expected }: Pick<CheckResult, "verdict" | "expected">): Verdict {
  if (verdict === expected) return "held";
  return verdict === "inconclusive" ? "inconclusive" : "violated";
}

/** The verdict on a run (`toothless`: the faults without effect; `unfinished`: the loads that ended early; `broken`: the lines of actors' own files that are no events), and the reason where it is not `held`: the first of the worst things found. */
export function verdictOf(
  parts: Pick<RunResult, "expectations" | "checks"> & {
    toothless?: string[];
    unfinished?: UnfinishedLoad[];
    broken?: EventOf<"record-broken">[];
    /** What `recordFaults` found. */
    record?: string[];
  },
): { verdict: Verdict; reason?: string } {
  const findings = [
    ...parts.expectations.map((expectation) => ({
      verdict: expectation.verdict,
      reason: () => `${unmet(expectation)} (line ${expectation.line}).`,
    })),
    ...parts.checks.map((check) => ({ verdict: standing(check), reason: () => unexpected(check) })),
    ...(parts.toothless ?? []).map((fault) => ({
      verdict: "inconclusive" as const,
      reason: () => `The fault ${fault} had no observable effect: the run proves nothing about it.`,
    })),
    ...(parts.unfinished ?? []).map(({ as, wanted, sent }) => ({
      verdict: "inconclusive" as const,
      reason: () => `The load ${as} ended before all was sent: ${sent} of ${wanted} requests.`,
    })),
  ];
  for (const { name, at, reason } of parts.broken ?? [])
    findings.push({ verdict: "inconclusive", reason: () => `The record of ${name} is broken at ${at}: ${reason}.` });
  const [recordFault] = parts.record ?? [];
  // What is missing may be what keeps a promise, or what breaks it.
  if (recordFault !== undefined) return { verdict: "inconclusive", reason: `The record is broken: ${recordFault}.` };
  const verdict = worst(findings.map((finding) => finding.verdict));
  if (verdict === "held") return { verdict };
  const first = findings.find((finding) => finding.verdict === verdict);
  return { verdict, reason: first?.reason() ?? "The scenario expects and checks nothing." };
}

/** What an expectation that did not hold says, without its full stop. */
export function unmet({ path, expected, actual, verdict, lastTrueMs }: Expectation): string {
  if (actual === undefined) return `It is unknown whether ${path} was ${expected}`;
  if (verdict === "inconclusive") return `Whether ${path} is ${expected} stayed open; it was ${actual}`;
  const before = lastTrueMs === undefined ? "" : `; it was so ${lastTrueMs} ms into the run`;
  return `Expected ${path} to be ${expected}, but it was ${actual}${before}`;
}

function unexpected({ name, verdict, expected, detail }: CheckResult): string {
  if (verdict !== "held") return `The check ${name} is ${verdict}: ${detail}.`;
  return `The check ${name} held, but the scenario expects it to be ${expected}: the lesson did not show.`;
}

const mostTrails = 3;
/** Of a longer trail the beginning and the end: that is where a request gets lost. */
const [firstEvents, lastEvents] = [8, 4];

/** The events of the first requests that a check's verdict rests on; nothing where it rests on none. */
export function trailsOf(
  history: readonly HistoryEvent[],
  requests: readonly string[],
): Pick<CheckResult, "trails" | "moreTrails"> {
  if (requests.length === 0) return {};
  const trails = requests.slice(0, mostTrails).map((request) => trailOf(history, request));
  const more = requests.length - trails.length;
  return { trails, moreTrails: more > 0 ? more : undefined };
}

function trailOf(history: readonly HistoryEvent[], request: string): Trail {
  const all = history.flatMap((event) => trailEvents(event, request));
  const omitted = all.length - firstEvents - lastEvents;
  if (omitted <= 0) return { request, events: all };
  return {
    request,
    events: [...all.slice(0, firstEvents), ...all.slice(-lastEvents)],
    omitted: { events: omitted, after: firstEvents },
  };
}

/** What reading the streams at the end found of a request belongs to its trail, too. */
function trailEvents(event: HistoryEvent, request: string): TrailEvent[] {
  const { t, actor, type, source } = event;
  if (event.type === "requests-read") {
    return event.requests.includes(request) ? [{ t, actor, type, note: `left in ${event.stream}` }] : [];
  }
  if (event.type === "replies-read") {
    const own = event.replies.filter((reply) => reply.request === request);
    return own.map((reply) => ({
      t,
      actor,
      type,
      note: `${reply.status}, message ${reply.sequence} of ${event.stream}`,
    }));
  }
  if (!("request" in event) || event.request !== request) return [];
  return [{ t, actor, type, source, note: trailNote(event) }];
}

/**
 * The injections that had no observable effect, by the fault's name: a run with one of them proves nothing about it. Of a
 * fault that was injected several times, its number is added: `cut (2 of 3)`. Older histories know names only.
 */
export function faultsWithoutEffect(history: readonly HistoryEvent[]): string[] {
  const injected = ofType(history, "fault-injected");
  const bits = ofType(history, "fault-bit");
  const without = injected.filter(({ fault, id }) => !bits.some((bit) => bit.fault === fault && bit.id === id));
  const names = without.map((one) => {
    const same = injected.filter(({ fault }) => fault === one.fault);
    const numbered = one.id !== undefined && same.length > 1;
    return numbered ? `${one.fault} (${same.indexOf(one) + 1} of ${same.length})` : one.fault;
  });
  return [...new Set(names)];
}

/** A load of which not all requests were sent: its requester was stopped or killed, or the timeline ended first. */
interface UnfinishedLoad {
  as: string;
  wanted: number;
  sent: number;
}

/** A request that got no turn is one that was begun. */
export function unfinishedLoads(history: readonly HistoryEvent[]): UnfinishedLoad[] {
  const wanted = new Map<string, number>();
  for (const { as, count } of ofType(history, "load-started")) wanted.set(as, (wanted.get(as) ?? 0) + count);
  if (wanted.size === 0) return [];
  const sent = new Map([...wanted.keys()].map((as) => [as, new Set<string>()]));
  for (const event of history) if (isAsked(event) && event.as !== undefined) sent.get(event.as)?.add(event.request);
  return [...wanted].flatMap(([as, wanted]) => {
    const begun = sent.get(as)?.size ?? 0;
    return begun < wanted ? [{ as, wanted, sent: begun }] : [];
  });
}

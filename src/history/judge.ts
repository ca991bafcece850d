// Judges a finished history: runs the checks, holds them against what the scenario expects, and sums up.

import type { Finding, Judge } from "./checks/check.js";
import { type CheckName, type ChosenCheck, checks, nameOf } from "./checks/index.js";
import type { HistoryEvent } from "./event.js";
import type { CheckResult, Expectation, RunResult, Trail, TrailEvent } from "./result.js";
import { ofType } from "./select.js";
import { type Verdict, worst } from "./verdict.js";

/**
 * Runs the checks, each with the parameters it is asked for with.
 * @param expected is the verdict a scenario expects where it is not `held`: a known loss that is the lesson.
 */
export function judge(
  history: readonly HistoryEvent[],
  chosen: readonly ChosenCheck[],
  expected: Partial<Record<CheckName, Verdict>> = {},
): CheckResult[] {
  return chosen.map((one) => {
    const name = nameOf(one);
    const parameters = typeof one === "string" ? {} : { atMost: one.atMost };
    const finding = runCheck((events) => checks[name].judge(events, parameters), history);
    return {
      name,
      expected: expected[name] ?? "held",
      ...parameters,
      ...finding,
      ...trailsOf(history, finding.requests),
    };
  });
}

/** A check that crashes has found out nothing: its verdict is unknown, never a pass. */
export function runCheck(check: Judge, history: readonly HistoryEvent[]): Finding {
  try {
    return check(history);
  } catch (error) {
    return { verdict: "unknown", detail: `the check itself failed: ${String(error)}`, requests: [] };
  }
}

/** A check's verdict in the light of what was expected: an expected violation holds, its absence violates. */
export function standing({ verdict, expected }: Pick<CheckResult, "verdict" | "expected">): Verdict {
  if (verdict === expected) return "held";
  return verdict === "unknown" ? "unknown" : "violated";
}

/** The verdict on a run (`toothless`: the faults without effect), and the reason where it is not `held`: the first of the worst things found. */
export function verdictOf(parts: Pick<RunResult, "expectations" | "checks"> & { toothless?: string[] }): {
  verdict: Verdict;
  reason?: string;
} {
  const findings = [
    ...parts.expectations.map((expectation) => ({
      verdict: expectation.verdict,
      reason: () => unmet(expectation),
    })),
    ...parts.checks.map((check) => ({ verdict: standing(check), reason: () => unexpected(check) })),
    ...(parts.toothless ?? []).map((fault) => ({
      verdict: "unknown" as const,
      reason: () => `The fault ${fault} had no observable effect: the run proves nothing about it.`,
    })),
  ];
  const verdict = worst(findings.map((finding) => finding.verdict));
  if (verdict === "held") return { verdict };
  const first = findings.find((finding) => finding.verdict === verdict);
  return { verdict, reason: first?.reason() ?? "The scenario expects and checks nothing." };
}

function unmet({ path, expected, actual, verdict, line, lastTrueMs }: Expectation): string {
  const where = `(line ${line})`;
  if (actual === undefined) return `Nobody could tell whether ${path} was ${expected} ${where}.`;
  if (verdict === "unknown") return `Whether ${path} is ${expected} stayed open; it was ${actual} ${where}.`;
  const before = lastTrueMs === undefined ? "" : `; it was so ${lastTrueMs} ms into the run`;
  return `Expected ${path} to be ${expected}, but it was ${actual}${before} ${where}.`;
}

function unexpected({ name, verdict, expected, detail }: CheckResult): string {
  if (verdict !== "held") return `The check ${name} is ${verdict}: ${detail}.`;
  return `The check ${name} held, but the scenario expects it to be ${expected}: the lesson did not show.`;
}

// What happened to the requests that a check's verdict rests on: each one's events, short enough to be read.

const mostTrails = 3;
/** Of a longer trail the beginning and the end: that is where a request gets lost. */
const first = 8;
const last = 4;

/** For a check's result; nothing where the verdict rests on no request. */
export function trailsOf(
  history: readonly HistoryEvent[],
  requests: readonly string[],
): Pick<CheckResult, "trails" | "moreTrails"> {
  if (requests.length === 0) return {};
  const trails = requests.slice(0, mostTrails).map((request) => trailOf(history, request));
  const more = requests.length - trails.length;
  return { trails, ...(more > 0 ? { moreTrails: more } : {}) };
}

function trailOf(history: readonly HistoryEvent[], request: string): Trail {
  const all = history.flatMap((event) => short(event, request));
  const omitted = all.length - first - last;
  if (omitted <= 0) return { request, events: all };
  return {
    request,
    events: [...all.slice(0, first), ...all.slice(-last)],
    omitted: { events: omitted, after: first },
  };
}

/** What reading the streams at the end found of a request belongs to its trail, too. */
function short(event: HistoryEvent, request: string): TrailEvent[] {
  const { t, actor, type } = event;
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
  const note = noteOf(event);
  return [{ t, actor, type, ...(note === undefined ? {} : { note }) }];
}

function noteOf(event: HistoryEvent): string | undefined {
  switch (event.type) {
    case "stored":
    case "published-request":
      return `message ${event.sequence}${event.duplicate ? ", a duplicate" : ""}`;
    case "replayed":
      return `message ${event.sequence}`;
    case "delivered":
      return event.delivery > 1 ? `delivery ${event.delivery}` : undefined;
    case "part-replied":
      return `part ${event.part}`;
    case "part-received":
    case "part-collected":
      return cut(`part ${event.part}: ${event.payload}`);
    case "replies-ended":
      return `by ${event.by}`;
    case "timed-out":
      return event.withdrawn ?? event.whereabouts;
    case "withdrawn":
      return event.withdrawn;
    case "received":
    case "collected":
    case "replied":
      return cut(`${event.status} ${event.payload}`.trimEnd());
    case "terminated":
    case "returned":
    case "reply-refused":
    case "not-collected":
    case "dead-lettered":
      return cut(event.reason);
    case "request-failed":
      return cut(event.error);
    default:
      return undefined;
  }
}

const cut = (text: string) => {
  const characters = [...text];
  return characters.length > 40 ? `${characters.slice(0, 39).join("")}…` : text;
};

// The faults of a history, and which of them bit. Pure.

/**
 * The injections that had no observable effect, by the fault's name: a run with one of them proves nothing about it. Of a
 * fault that was injected several times, which one is told too: `cut (2 of 3)`. Older histories know names only.
 */
export function faultsWithoutEffect(history: readonly HistoryEvent[]): string[] {
  const injected = ofType(history, "fault-injected");
  const bits = ofType(history, "fault-bit");
  const without = injected.filter(
    ({ fault, id }) => !bits.some((bit) => bit.fault === fault && bit.id === id),
  );
  const names = without.map((one) => {
    const same = injected.filter(({ fault }) => fault === one.fault);
    const numbered = one.id !== undefined && same.length > 1;
    return numbered ? `${one.fault} (${same.indexOf(one) + 1} of ${same.length})` : one.fault;
  });
  return [...new Set(names)];
}

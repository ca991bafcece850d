// Terminal report: the summary of a run for a person at a terminal.
import { count } from "../common/plural.js";
import { countsText } from "../history/counts.js";
import type { HistoryEvent } from "../history/event.js";
import { standing } from "../history/judge.js";
import type { CheckResult, Expectation, RequestOutcome, Run, RunResult, Trail, TrailEvent } from "../history/result.js";
import { countEach, lastReadings, ofType, requestsLeft, storedReplies } from "../history/select.js";
import type { Verdict } from "../history/verdict.js";
import { outcomeText, outcomeTone } from "./event-text.js";
import { orderOf } from "./run-names.js";
import { renderStoryExcerpt, type StoryOptions } from "./story-layout.js";
import { checkDetail, expectationDetail } from "./test-cases.js";
import { columns, type Item, layout, listed, pad, plain, prose, rounded, seconds } from "./text-layout.js";

export interface TerminalOptions extends StoryOptions {
  /** Print the story first: for a history that was not watched live. */
  story?: boolean;
}

export function terminal(run: Run, options: TerminalOptions = {}): string {
  const { result } = run;
  const { server } = result;
  const summary = layout(
    [
      [
        ["Scenario", texts(result.scenario)],
        ["Question", texts(result.question)],
      ],
      [["Requests", requestItems(run, (options.width ?? 80) - 10)]],
      [["Expected", result.expectations.map((expectation) => expectationItem(expectation, result.file))]],
      [["Checks", result.checks.flatMap((check) => checkItems(check, run))]],
      [
        ["Counts", texts(countsText(result.counts))],
        ["Latency", latencyLines(result).map((text) => ({ text }))],
        ["Left", texts(leftLine(run))],
        ["Seed", texts(wasRandom(run.events) ? `${result.seed}; --seed ${result.seed} plays it again` : "")],
        ["Server", texts(`nats-server ${server.version}, from ${server.origin}`)],
        ["History", [{ text: plain(result.history, Number.POSITIVE_INFINITY), whole: true }]],
      ],
      [
        ["Answer", texts(result.verdict === "held" ? result.answer : "")],
        ["Verdict", [verdictItem(run)]],
      ],
    ],
    options,
  );
  return options.story ? `${renderStoryExcerpt(run.events, options)}\n${summary}` : summary;
}

function texts(text: string): Item[] {
  return text === "" ? [] : [{ text: prose(text) }];
}

/** What reading the streams found at the end. */
function leftLine({ events }: Run): string {
  const requests = requestsLeft(events).map(
    (reading) => `${count(reading.requests.length, "request")} in ${plain(reading.stream)}`,
  );
  const replies = storedReplies(events);
  const stored = replies === undefined ? [] : [`${count(replies.length, "reply", "replies")} stored`];
  const unread = lastReadings(events).flatMap(({ missing, stream }) =>
    missing ? [`${count(missing, "message")} of ${plain(stream)} not read`] : [],
  );
  return listed([...requests, ...stored, ...unread]);
}

function verdictItem({ result, failure }: Run): Item {
  const { verdict, reason, durationMs } = result;
  if (failure !== undefined) return marked("violated", `none: the run failed: ${prose(failure)}`);
  const why = reason === undefined ? "" : `: ${prose(reason).replace(/\.$/, "")}`;
  return marked(verdict, `${verdict} after ${seconds(durationMs)}${why}`);
}

/** A check as a marked line; below one that is not as expected, the trails of its requests. */
function checkItems(check: CheckResult, run: Run): Item[] {
  const nameOf = (id: string) => plain(run.result.requests.find(({ request }) => request === id)?.as ?? id);
  const detail = checkDetail(check, run.result.requests);
  const allowed = check.atMost === undefined ? "" : `, at most ${check.atMost}`;
  const stands = standing(check);
  const item = marked(stands, `${check.name}${allowed}${judgement(check)}: ${detail}`);
  return stands === "held" ? [item] : [item, ...trailItems(check, nameOf, run.events[0]?.t ?? 0)];
}

/** The verdict, unless the check held as expected. */
function judgement({ verdict, expected }: CheckResult): string {
  if (verdict === expected) return verdict === "held" ? "" : ` ${verdict}, as expected`;
  return expected === "held" ? ` ${verdict}` : ` ${verdict}, but expected to be ${expected}`;
}

const indent = "  ";

function trailItems({ trails = [], moreTrails = 0 }: CheckResult, nameOf: (id: string) => string, start: number) {
  const items = trails.map(
    (trail): Item => ({ lead: indent, text: `${nameOf(trail.request)}: ${trailText(trail, start)}`, tone: "quiet" }),
  );
  if (moreTrails > 0) items.push({ lead: indent, text: `and ${moreTrails} more`, tone: "quiet" });
  return items;
}

/** `0.03 s alice requested, stored (message 1); 1.18 s bob delivered, executed`: a new part wherever another actor acts. */
function trailText({ events, omitted }: Trail, start: number): string {
  if (events.length === 0) return "no event of its own";
  const parts: string[] = [];
  let actor: string | undefined;
  events.forEach((event, i) => {
    if (omitted?.after === i) {
      parts.push(`; ${omitted.events} more`);
      actor = undefined;
    }
    const at = seconds(Math.max(0, event.t - start) / 1000);
    parts.push(event.actor === actor ? ", " : `${parts.length > 0 ? "; " : ""}${at} ${plain(event.actor)} `);
    parts.push(inShort(event));
    actor = event.actor;
  });
  return parts.join("");
}

const inShort = ({ type, note }: TrailEvent) => (note === undefined ? type : `${type} (${plain(note)})`);

const mostRows = 20;
/** Columns that an outcome needs beside the other cells; with fewer there is no table. */
const outcomeWidth = 16;

/** The requests as a table, each with its outcome and, where that helps, why. @param width of the table. */
function requestItems(run: Run, width: number): Item[] {
  const why = explanations(run);
  const rows = alike(run.result.requests, why);
  const shown = rows.slice(0, mostRows);
  const cells = shown.map(({ of: request, n }) => [
    names(request) + (n > 1 ? ` × ${n}` : ""),
    orderOf(request),
    request.strategy,
  ]);
  const widths = [0, 1, 2].map((i) => Math.max(0, ...cells.map((row) => columns(row[i] ?? ""))));
  const isTable = widths.reduce((sum, cell) => sum + cell + 2, outcomeWidth) <= width;
  const items = shown.map(({ of: request }, i): Item => {
    const row = cells[i] ?? [];
    const outcome = plain(outcomeText(request)) + (why.get(request.request) ?? "");
    const tone = outcomeTone(request.outcome);
    if (!isTable) return { text: `${row.join(", ")}: ${outcome}`, tone };
    return { lead: row.map((cell, j) => pad(cell, (widths[j] ?? 0) + 2)).join(""), text: outcome, tone };
  });
  const rest = rows.slice(mostRows).flatMap(({ of: request, n }) => Array<RequestOutcome>(n).fill(request));
  return rest.length === 0 ? items : [...items, { text: `and ${rest.length} more: ${tally(rest)}`, tone: "quiet" }];
}

/** Requests of one name with one outcome are one row. */
function alike(requests: readonly RequestOutcome[], why: ReadonlyMap<string, string>) {
  const rows = new Map<string, { of: RequestOutcome; n: number }>();
  for (const request of requests) {
    const { as, alsoAs, subject, strategy } = request;
    const key = JSON.stringify([as, alsoAs, subject, strategy, outcomeText(request), why.get(request.request)]);
    const row = rows.get(key);
    if (row) row.n++;
    else rows.set(key, { of: request, n: 1 });
  }
  return [...rows.values()];
}

/** All names under which it was sent. */
const names = ({ as, alsoAs = [] }: RequestOutcome) => [as, ...alsoAs].map((name) => plain(name)).join(", ");

/** The outcomes of requests whose requester does not know of a reply, and what a reply is called that is stored for it. */
const stillOut = new Map([
  ["pending", "stored reply"],
  ["timed-out", "stored reply"],
  ["stored", "its reply, not collected"],
]);

/** For a request whose requester is gone, gave up or never waited: that it was terminated, or that a reply waits for it. */
function explanations({ result, events }: Run): Map<string, string> {
  const unaware = new Map(
    result.requests.flatMap(({ request, outcome }) => {
      const itsReply = stillOut.get(outcome);
      return itsReply === undefined ? [] : [[request, itsReply]];
    }),
  );
  const waiting = (storedReplies(events) ?? []).map(({ request, status, payload }): [string, string] => [
    request,
    ` (${unaware.get(request)}: ${plain(`${status} ${payload}`.trimEnd())})`,
  ]);
  const ended = ofType(events, "terminated").map(({ request, reason }): [string, string] => [
    request,
    ` (terminated: ${plain(reason)})`,
  ]);
  return new Map([...ended, ...waiting].filter(([request]) => unaware.has(request)));
}

/** `478 × ok 🥪 and 2 × timed-out`. */
function tally(requests: readonly RequestOutcome[]): string {
  return listed([...countEach(requests.map(outcomeText))].map(([outcome, n]) => `${n} × ${plain(outcome)}`));
}

/** ✔ as expected, ✘ not, ? inconclusive. */
const marks = {
  held: { sign: "✔", tone: "good" },
  violated: { sign: "✘", tone: "bad" },
  inconclusive: { sign: "?", tone: "open" },
} satisfies Record<Verdict, Partial<Item>>;

function marked(verdict: Verdict, text: string): Item {
  return { ...marks[verdict], text };
}

/** An expectation that did not hold shows the actual value, and the line of the file. */
function expectationItem(expectation: Expectation, file: string): Item {
  const { verdict, path, expected, line } = expectation;
  if (verdict === "held") return marked(verdict, `${plain(path)} is ${plain(expected)}`);
  return marked(verdict, `${expectationDetail(expectation)} (${prose(file)}:${line})`);
}

/** `lunches: 500 timed, p50 2.1 ms, p90 3.4 ms, p99 8 ms, max 12 ms` for each load; none without one. */
export function latencyLines({ latency = [] }: RunResult): string[] {
  return latency.map(({ as, count, unanswered, ...times }) => {
    const numbers = Object.entries(times).map(([name, ms]) => `${name} ${rounded(ms)} ms`);
    return `${plain(as)}: ${[`${count} timed`, ...(unanswered ? [`${unanswered} unanswered`] : []), ...numbers].join(", ")}`;
  });
}

/** Whether the orders of a load were drawn at random, so that the report shows the seed. */
export function wasRandom(events: readonly HistoryEvent[]): boolean {
  const loads = new Set(ofType(events, "load-started").map(({ as }) => as));
  const subjects = new Map<string, string>();
  return ofType(events, "requested").some(({ as, subject }) => {
    if (as === undefined || !loads.has(as)) return false;
    const first = subjects.get(as) ?? subject;
    subjects.set(as, first);
    return first !== subject;
  });
}

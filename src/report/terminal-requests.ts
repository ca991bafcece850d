// The requests of a run as a table, each with what became of it and, where that helps, why.
import type { RequestOutcome, Run } from "../history/result.js";
import { ofType, storedReplies } from "../history/select.js";
import type { Item } from "./layout.js";
import { outcomeText, outcomeTone } from "./outcome-words.js";
import { columns, listed, pad, plain } from "./text.js";

const mostRows = 20;
/** Columns that an outcome needs beside the other cells; with fewer there is no table. */
const outcomeWidth = 16;

/** @param width is what the table may take up. */
export function requestItems(run: Run, width: number): Item[] {
  const why = explanations(run);
  const rows = alike(run.result.requests, why);
  const shown = rows.slice(0, mostRows);
  const cells = shown.map(({ of: request, n }) => [
    names(request) + (n > 1 ? ` × ${n}` : ""),
    order(request),
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
  return rest.length === 0
    ? items
    : [...items, { text: `and ${rest.length} more: ${tally(rest)}`, tone: "quiet" }];
}

/** Requests of one name to which the same happened are one row. */
function alike(requests: readonly RequestOutcome[], why: ReadonlyMap<string, string>) {
  const rows = new Map<string, { of: RequestOutcome; n: number }>();
  for (const request of requests) {
    const { as, alsoAs, subject, strategy } = request;
    const key = JSON.stringify([
      as,
      alsoAs,
      subject,
      strategy,
      outcomeText(request),
      why.get(request.request),
    ]);
    const row = rows.get(key);
    if (row) row.n++;
    else rows.set(key, { of: request, n: 1 });
  }
  return [...rows.values()];
}

/** All under which it was sent. */
const names = ({ as, alsoAs = [] }: RequestOutcome) => [as, ...alsoAs].map((name) => plain(name)).join(", ");

/** The order, or the whole subject of a request that is no order. */
function order({ subject }: RequestOutcome): string {
  return plain(subject.replace(/^requests\./, ""));
}

/** The outcomes of which the requester knows nothing more, and what a reply is called that is stored for it. */
const stillOut = new Map([
  ["pending", "stored reply"],
  ["timed-out", "stored reply"],
  ["stored", "its reply, not collected"],
]);

/** What a requester that is gone, gave up or never waited does not know, or of a request by hand nobody tells: that its request was terminated, or that a reply waits for it. */
function explanations({ result, events }: Run): Map<string, string> {
  const unaware = new Map(
    result.requests.flatMap(({ request, outcome }) => {
      const itsReply = stillOut.get(outcome);
      return itsReply === undefined ? [] : [[request, itsReply]];
    }),
  );
  const waiting = (storedReplies(events) ?? []).map(({ request, ending, payload }): [string, string] => [
    request,
    ` (${unaware.get(request)}: ${plain(`${ending} ${payload}`.trimEnd())})`,
  ]);
  const ended = ofType(events, "terminated").map(({ request, reason }): [string, string] => [
    request,
    ` (terminated: ${plain(reason)})`,
  ]);
  return new Map([...ended, ...waiting].filter(([request]) => unaware.has(request)));
}

/** `478 × ok 🥪 and 2 × timed-out`. */
function tally(requests: readonly RequestOutcome[]): string {
  const times = new Map<string, number>();
  for (const request of requests) {
    const outcome = outcomeText(request);
    times.set(outcome, (times.get(outcome) ?? 0) + 1);
  }
  return listed([...times].map(([outcome, n]) => `${n} × ${plain(outcome)}`));
}

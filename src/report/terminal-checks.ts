// Checks as marked lines, and beneath one that is not as it should be what happened to the requests in question.
import { standing } from "../history/judge.js";
import type { CheckResult, Run, Trail, TrailEvent } from "../history/result.js";
import type { Item } from "./layout.js";
import { marked } from "./terminal-verdicts.js";
import { listed, plain, prose, seconds } from "./text.js";

export function checkItems(check: CheckResult, run: Run): Item[] {
  const names = new Map(run.result.requests.map((request) => [request.request, request.as]));
  const nameOf = (id: string) => plain(names.get(id) ?? id);
  const about = listed(check.requests.map(nameOf));
  const detail = prose(check.detail) + (about === "" ? "" : ` (${about})`);
  const allowed = check.atMost === undefined ? "" : `, at most ${check.atMost}`;
  const stands = standing(check);
  const item = marked(stands, `${check.name}${allowed}${judgement(check)}: ${detail}`);
  return stands === "held" ? [item] : [item, ...trailItems(check, nameOf, run.events[0]?.t ?? 0)];
}

/** What was found, unless it is what everybody hopes for. */
function judgement({ verdict, expected }: CheckResult): string {
  if (verdict === expected) return verdict === "held" ? "" : ` ${verdict}, as expected`;
  return expected === "held" ? ` ${verdict}` : ` ${verdict}, but expected to be ${expected}`;
}

const indent = "  ";

function trailItems(
  { trails = [], moreTrails = 0 }: CheckResult,
  nameOf: (id: string) => string,
  start: number,
) {
  const items = trails.map(
    (trail): Item => ({
      lead: indent,
      text: `${nameOf(trail.request)}: ${told(trail, start)}`,
      tone: "quiet",
    }),
  );
  if (moreTrails > 0) items.push({ lead: indent, text: `and ${moreTrails} more`, tone: "quiet" });
  return items;
}

/** `0.03 s alice requested, stored (message 1); 1.18 s bob delivered, executed`: a new part wherever another actor acts. */
function told({ events, omitted }: Trail, start: number): string {
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

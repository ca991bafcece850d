// Request table: the requests with filters, and the trails of the requests that a check names.
import { standing } from "../../history/judge.js";
import type { CheckResult, Run, Trail } from "../../history/result.js";
import { outcomeText, outcomeTone } from "../event-text.js";
import { orderOf } from "../run-names.js";
import { plain, prose, seconds } from "../text-layout.js";
import { duration } from "./charts.js";
import { linkTo } from "./diagram-svg.js";
import { encoded, type Markup, markup } from "./markup.js";
import { type Path, thousands } from "./request-paths.js";

const mostRows = 1000;

/** Hidden without the script. */
export function filters(paths: readonly Path[]): Markup {
  const actors = [...new Set(paths.flatMap((path) => [path.requester, ...path.responders]))]
    .filter((name) => name !== "")
    .sort();
  const statuses = [...new Set(paths.map((path) => path.kind))].sort();
  const choices = (values: readonly string[]) =>
    values.map((value) => markup`<option value="${encoded(value)}">${plain(value, 60)}</option>`);
  return markup`<form class="filters" id="filters" role="search" aria-label="Filter the requests" hidden>
<label>Request <input type="search" id="by-request" placeholder="name, id or order" autocomplete="off"></label>
<label>Actor <select id="by-actor"><option value="">any</option>${choices(actors)}</select></label>
<label>Status <select id="by-status"><option value="">any</option>${choices(statuses)}</select></label>
<button type="button" id="clear">Clear filters</button>
<output id="matching" aria-live="polite"></output>
</form>`;
}

export function requestList(paths: readonly Path[]): Markup {
  if (paths.length === 0) return markup`<p class="quiet">Nothing was requested.</p>`;
  const rows = listedPaths(paths);
  const rest = paths.length - rows.length;
  return markup`<div class="wide tall" tabindex="0" role="region" aria-label="List of requests"><table class="requests" aria-label="List of requests">
<thead><tr><th scope="col">Request</th><th scope="col">Order</th><th scope="col">Requester</th><th scope="col">Responders</th><th scope="col">Strategy</th><th scope="col" class="n">Wait</th><th scope="col">Outcome</th></tr></thead>
<tbody>${rows.map(row)}</tbody></table></div>${rest > 0 ? markup`<p class="quiet">${thousands(rows.length)} of ${thousands(paths.length)} requests are listed, those that went wrong among them; the other ${thousands(rest)} are in the counts and charts.</p>` : undefined}`;
}

/** All, or up to `mostRows`: requests that went wrong come first. */
function listedPaths(paths: readonly Path[]): readonly Path[] {
  if (paths.length <= mostRows) return paths;
  const wrong = paths.filter((path) => path.offends.length > 0 || path.kind !== "ok");
  const chosen = new Set([...new Set([...wrong, ...paths])].slice(0, mostRows));
  return paths.filter((path) => chosen.has(path));
}

function row(path: Path): Markup {
  const tone = outcomeTone(path.outcome);
  const wait = path.latencyMs ?? path.gaveUpMs;
  const actors = [path.requester, ...path.responders].filter((name) => name !== "");
  const offends =
    path.offends.length === 0
      ? undefined
      : markup` <span class="${path.inDoubt ? "open" : "bad"}">${path.inDoubt ? "?" : "✘"} ${plain(path.offends.join(", "))}</span>`;
  return markup`
<tr data-r="${path.index}" data-key="${encoded(path.name)}" data-as="${encoded(path.as)}" data-id="${encoded(path.request)}" data-status="${encoded(path.kind)}" data-actors="${actors.map(encoded).join(" ")}"><th scope="row"><a href="${linkTo(path)}">${plain(path.name, 40)}</a>${path.alsoAs && markup` <span class="quiet">also ${plain(path.alsoAs.join(", "), 60)}</span>`}</th><td>${orderOf(path, 60)}</td><td>${plain(path.requester)}</td><td>${plain(path.responders.join(", "))}</td><td>${path.strategy}</td><td class="n">${wait === undefined ? "" : duration(wait)}</td><td class="${tone}">${plain(outcomeText(path))}${offends}</td></tr>`;
}

/** What happened to the requests that a check names: open where the check is not as expected, else folded. */
export function trails(check: CheckResult, run: Run, byId: ReadonlyMap<string, Path>): Markup | undefined {
  const { trails: all = [], moreTrails = 0 } = check;
  if (all.length === 0) return undefined;
  const start = run.events[0]?.t ?? 0;
  const open = standing(check) === "held" ? undefined : markup` open`;
  const what =
    all.length === 1
      ? "What happened to it"
      : `What happened to ${moreTrails > 0 ? `the first ${all.length} of ` : ""}them`;
  return markup`<details class="trails"${open}><summary>${what}</summary>${all.map((trail) => list(trail, start, byId))}</details>`;
}

function list(trail: Trail, start: number, byId: ReadonlyMap<string, Path>): Markup {
  const name = plain(byId.get(trail.request)?.name ?? trail.request, 40);
  const { events, omitted } = trail;
  if (events.length === 0) return markup`<p class="whose">${name}</p><p class="quiet">No event of its own.</p>`;
  return markup`<p class="whose">${name}</p><ol>${events.map((event, i) => {
    const left = omitted?.after === i ? markup`<li class="quiet">${omitted.events} more</li>` : undefined;
    const at = seconds(Math.max(0, event.t - start) / 1000);
    return markup`${left}<li><span class="n">${at}</span> <span>${plain(event.actor, 40)}</span> <span>${event.type}${event.note === undefined ? undefined : `: ${prose(event.note)}`}</span></li>`;
  })}</ol>`;
}

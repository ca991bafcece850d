// What happened to the requests that a check names: each event of theirs with its time, for the checks that need a look.
import { standing } from "../../history/judge.js";
import type { CheckResult, Run, Trail } from "../../history/result.js";
import { prose, seconds } from "../text.js";
import { type Markup, markup, shown } from "./markup.js";
import type { Path } from "./paths.js";

/** Open where the check did not stand; one that found what was expected keeps it for whoever asks. */
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
  const name = shown(byId.get(trail.request)?.name ?? trail.request, 40);
  const { events, omitted } = trail;
  const body = events.length === 0 ? markup`<p class="quiet">No event of its own.</p>` : undefined;
  return markup`<p class="whose">${name}</p>${
    body ??
    markup`<ol>${events.map((event, i) => {
      const left = omitted?.after === i ? markup`<li class="quiet">${omitted.events} more</li>` : undefined;
      const at = seconds(Math.max(0, event.t - start) / 1000);
      return markup`${left}<li><span class="n">${at}</span> <span>${shown(event.actor, 40)}</span> <span>${event.type}${event.note === undefined ? undefined : `: ${prose(event.note)}`}</span></li>`;
    })}</ol>`
  }`;
}

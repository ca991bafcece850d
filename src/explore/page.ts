// The exploration as an HTML page: what was found, and a table of the pairs of event and fault that the runs have shown.
import { count } from "../common/plural.js";
import { htmlDocument } from "../report/html/document.js";
import { type Markup, markup } from "../report/html/markup.js";
import { runPage } from "../report/page-names.js";
import { prose } from "../report/text-layout.js";
import { experimentStates } from "./experiment.js";
import type { Exploration } from "./explore.js";
import type { Found } from "./found.js";
import { drawn, shownText, stateText } from "./text.js";

export function explorationPage(result: Exploration): string {
  const { found, seed, states, runs, durationMs, reasons } = result;
  const title = found.length === 0 ? "Nothing was found" : `${found.length} found`;
  const counts = experimentStates.map((state) => markup`<dt>${stateText(state)}</dt><dd>${states[state]}</dd>`);
  const why = [...reasons].map(([reason, n]) => markup`<li>${n} × ${prose(reason)}</li>`);
  const body = markup`<header class="top ${found.length === 0 ? "held" : "violated"}"><h1>Exploration from seed ${seed}</h1>
<p class="verdict"><strong>${title}</strong> <span>in ${count(drawn(result), "experiment")}, ${count(runs, "run")}, ${(durationMs / 1000).toFixed(0)} s</span></p></header>
<main>${found.length > 0 ? foundSection(found) : undefined}
<section aria-labelledby="states"><h2 id="states">Experiments</h2><dl>${counts}</dl>${why.length > 0 ? markup`<ul>${why}</ul>` : undefined}</section>
${pairsSection(result)}</main>`;
  return htmlDocument({ title: `Exploration: ${title}`, body });
}

const foundSection = (found: readonly Found[]): Markup =>
  markup`<section aria-labelledby="found"><h2 id="found">Found</h2><ul class="checks">${found.map(
    (one) =>
      markup`<li><span class="sign violated" aria-hidden="true">✘</span><div><a href="${one.name}/${runPage}">${one.check}</a>, seed ${one.seed}, ${shownText(one)}, ${count(one.steps, "step")}${one.shrunk ? undefined : ", not shrunk"}<br>${prose(one.detail)}<br><a href="${one.name}.yaml">${one.name}.yaml</a></div></li>`,
  )}</ul></section>`;

function pairsSection({ coverage }: Exploration): Markup {
  const pairs = [...coverage.seen].map(([pair, runs]) => [...pair.split(" "), runs] as [string, string, number]);
  const faults = [...new Set(pairs.map(([, fault]) => fault))].sort();
  const events = [...new Set(pairs.map(([event]) => event))].sort();
  const rows = events.map(
    (event) =>
      markup`<tr><th scope="row">${event}</th>${faults.map((fault) => markup`<td>${coverage.seen.get(`${event} ${fault}`) ?? ""}</td>`)}</tr>`,
  );
  return markup`<section aria-labelledby="pairs"><h2 id="pairs">Runs with this event while this fault was open</h2>
<div class="wide" tabindex="0" role="region" aria-label="Table of events and faults"><table class="compared"><thead><tr><th scope="col">Event</th>${faults.map((fault) => markup`<th scope="col">${fault}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div></section>`;
}

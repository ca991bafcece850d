// HTML report: a run as one page that loads nothing and can be read without its script.
import { count } from "../../common/plural.js";
import type { Run } from "../../history/result.js";
import { plain, seconds } from "../text-layout.js";
import { depthChart, latencyChart } from "./charts.js";
import { headerHeight, layoutOf } from "./diagram-layout.js";
import { type Diagram, diagramOf } from "./diagram-model.js";
import { sequenceBody, sequenceHeads } from "./diagram-svg.js";
import { htmlDocument, readAsset } from "./document.js";
import { type Markup, markup } from "./markup.js";
import { type Path, pathsOf, type Sample, sample } from "./request-paths.js";
import { filters, requestList } from "./requests.js";
import { scenarioFile } from "./scenario-file.js";
import { checkList, facts, head, numbers } from "./verdict.js";

export { sequenceSvg } from "./diagram-svg.js";
export { type Overview, overview } from "./overview.js";

/** Requests drawn in full; each takes some six rows. */
const mostDrawn = 40;
/** Requests of a page that is drawn at once; of a longer one what is below the screen waits. */
const mostAtOnce = 200;
/** Width that the diagram has beside the scenario on a screen of 1280. */
const diagramWidth = 800;
/** Width of the page: more lanes than fit beside the scenario stand above it. */
const pageWidth = 1190;

export function html(run: Run): string {
  const paths = pathsOf(run);
  const sampled = sample(paths.all, mostDrawn);
  const diagram = diagramOf(run, paths, sampled.drawn);
  const later = paths.all.length > mostAtOnce ? " later" : "";
  const isBroad = layoutOf(diagram, diagramWidth).width > diagramWidth + 30;
  const title = `${plain(run.result.scenario)}: ${titleWord(run)}`;
  const body = markup`<a class="skip" href="#sequence">To the sequence</a>
${head(run)}
<main>
<div class="summary">${checkList(run, paths.all)}<div>${numbers(run)}${facts(run)}</div></div>
<div class="beside${isBroad ? " broad" : ""}">${sequence(diagram, sampled, isBroad ? pageWidth : diagramWidth)}${scenarioFile(run)}</div>
<div class="charts${later}">
<section aria-labelledby="depth"><h2 id="depth">Queue depth</h2>${depthChart(run, diagram)}</section>
<section aria-labelledby="latency"><h2 id="latency">Latency</h2>${latencyChart(
    paths.all,
    diagram,
    (run.result.latency ?? []).map(({ as }) => as),
  )}</section>
</div>
<section class="${later.trim()}" aria-labelledby="requests"><h2 id="requests">Requests</h2>${paths.all.length > 0 ? filters(paths.all) : undefined}${requestList(paths.all)}</section>
</main>`;
  return htmlDocument({ title, body, script: readAsset("report.js") });
}

function titleWord({ result, failure }: Run): string {
  if (failure !== undefined) return "the run failed";
  return result.verdict;
}

function sequence(diagram: Diagram, { drawn, note }: Sample, wanted: number): Markup {
  const title = markup`<h2 id="sequence" tabindex="-1">Sequence</h2>`;
  if (diagram.rows.length === 0)
    return markup`<section aria-labelledby="sequence">${title}<p class="quiet">Nothing was recorded.</p></section>`;
  const layout = layoutOf(diagram, wanted);
  const { width, height } = layout;
  return markup`<section aria-labelledby="sequence">${title}
<p class="quiet">Time runs downwards. ${drawn.length > 0 ? "Point at a request, or follow its link, and its path stands out." : undefined} ${note}</p>
<p id="pinned" class="pinned" hidden><span></span> <button type="button" id="unpin">Show all</button></p>
<div class="wide diagram" tabindex="0" role="region" aria-label="Sequence diagram; the same is in the table below it">
<svg class="seq heads" width="${width}" height="${headerHeight - 8}" viewBox="0 0 ${width} ${headerHeight - 8}" aria-hidden="true">${sequenceHeads(layout)}</svg>
<svg class="seq body" width="${width}" height="${height - headerHeight + 8}" viewBox="0 ${headerHeight - 8} ${width} ${height - headerHeight + 8}" role="group" aria-label="The requests, in the order in which they were made">${sequenceBody(layout, { links: true })}</svg>
</div>
${eventTable(diagram, drawn)}</section>`;
}

function eventTable({ rows }: Diagram, drawn: readonly Path[]): Markup {
  return markup`<details><summary>The sequence as a table (${rows.length} events${drawn.length > 0 ? `, ${count(drawn.length, "request")}` : ""})</summary>
<div class="wide tall" tabindex="0" role="region" aria-label="The sequence as a table"><table class="events" aria-label="The sequence as a table"><thead><tr><th scope="col" class="n">Time</th><th scope="col">Actor</th><th scope="col">Event</th></tr></thead><tbody>${rows.map(
    ({ ms, actor, text, path, tone }) => markup`
<tr${path ? markup` data-r="${path.index}"` : undefined}><td class="n">${seconds(ms)}</td><td>${actor}</td><td class="${tone ?? "plain"}">${text}</td></tr>`,
  )}</tbody></table></div></details>`;
}

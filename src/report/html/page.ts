// HTML report: a run as one page that loads nothing and can be read without its script.
import { count } from "../../common/plural.js";
import type { Run } from "../../history/result.js";
import { plain, seconds } from "../text-layout.js";
import { depthChart, latencyChart } from "./charts.js";
import { headerHeight, layoutOf } from "./diagram-layout.js";
import { type Diagram, diagramOf } from "./diagram-model.js";
import { minimap, sequenceBody, sequenceHeads } from "./diagram-svg.js";
import { htmlDocument, readAsset } from "./document.js";
import { type Markup, markup } from "./markup.js";
import { type Path, pathsOf, type Sample, sample } from "./request-paths.js";
import { filters, requestList } from "./requests.js";
import { scenarioFile } from "./scenario-file.js";
import { checkList, facts, head, numbers, outputs } from "./verdict.js";

export { sequenceSvg } from "./diagram-svg.js";
export { type Overview, overview } from "./overview.js";

/** Requests drawn in full; each takes some six rows. */
const mostDrawn = 40;
/** Requests of a page that is drawn at once; of a longer one what is below the screen waits. */
const mostAtOnce = 200;
/** Fewer requests than this are no distribution: each has its wait in the list. */
const leastCharted = 3;
/** Width that the diagram has beside the scenario and its small picture on a screen of 1280. */
const diagramWidth = 728;
/** Width of the page: more lanes than fit beside the scenario stand above it. */
const pageWidth = 1110;

export interface PageOptions {
  /** The page of all runs, relative to this one. */
  overview?: string;
}

export function html(run: Run, { overview }: PageOptions = {}): string {
  const paths = pathsOf(run);
  const sampled = sample(paths.all, mostDrawn);
  const diagram = diagramOf(run, paths, sampled.drawn);
  const later = paths.all.length > mostAtOnce ? " later" : "";
  const isBroad = layoutOf(diagram, diagramWidth).width > diagramWidth + 30;
  const title = `${plain(run.result.scenario)}: ${titleWord(run)}`;
  const body = markup`<a class="skip" href="#sequence">To the sequence</a>
${head(run, overview)}
<main>
<div class="beside${isBroad ? " broad" : ""}">${sequence(diagram, sampled, isBroad ? pageWidth : diagramWidth)}
<div class="aside">${checkList(run, paths.all)}${scenarioFile(run)}</div>
<div class="rest">${numbers(run)}
${paths.all.length < leastCharted ? undefined : charts(run, paths.all, diagram, later)}
<section class="${later.trim()}" aria-labelledby="requests"><h2 id="requests">Requests</h2>${paths.all.length < leastCharted ? undefined : filters(paths.all)}${requestList(paths.all)}</section>
</div>
</div>
${outputs(run)}
${facts(run)}
</main>`;
  return htmlDocument({ title, body, script: readAsset("report.js") });
}

function charts(run: Run, paths: readonly Path[], diagram: Diagram, later: string): Markup {
  const loads = (run.result.latency ?? []).map(({ as }) => as);
  return markup`<div class="charts${later}">
<section aria-labelledby="depth"><h2 id="depth">Queue depth</h2>${depthChart(run, diagram)}</section>
<section aria-labelledby="latency"><h2 id="latency">Latency</h2>${latencyChart(paths, diagram, loads)}</section>
</div>`;
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
  return markup`<section class="drawn" aria-labelledby="sequence">${title}
<p class="quiet">Time runs downwards. ${drawn.length > 0 ? "Point at a request, or follow its link, and its path stands out." : undefined} ${note}</p>
<p id="pinned" class="pinned" hidden><span></span> <button type="button" id="unpin">Show all</button></p>
${legend(diagram)}
<p id="beyond" class="beyond" hidden></p>
<div class="framed"><div class="wide diagram" tabindex="0" role="region" aria-label="Sequence diagram; the same is in the table below it">
<svg class="seq heads" width="${width}" height="${headerHeight - 8}" viewBox="0 0 ${width} ${headerHeight - 8}" aria-hidden="true">${sequenceHeads(layout)}</svg>
<svg class="seq body" width="${width}" height="${height - headerHeight + 8}" viewBox="0 ${headerHeight - 8} ${width} ${height - headerHeight + 8}" role="group" aria-label="The requests, in the order in which they were made">${sequenceBody(layout, { links: true })}</svg>
</div>${minimap(layout)}</div>
${eventTable(diagram, drawn)}</section>`;
}

/** Only what is in the picture. */
function legend({ rows, bands }: Diagram): Markup {
  const uses = (of: (row: Diagram["rows"][number]) => boolean) => rows.some(of);
  const line = (tone: string, text: string, dashed = "") =>
    markup`<li><svg class="seq stroke" width="30" height="10" aria-hidden="true"><g class="${tone} ${dashed}"><path class="arrow" d="M1 5H21"/><path class="tip" d="M29 5L21 1V9Z"/></g></svg>${text}</li>`;
  const box = (kind: Diagram["bands"][number]["kind"], text: string) =>
    bands.some((band) => band.kind === kind)
      ? markup`<li><span class="key-band ${kind}"></span>${text}</li>`
      : undefined;
  return markup`<ul class="legend">${[
    uses((row) => row.to !== undefined && row.tone === undefined) ? line("plain", "request") : undefined,
    uses((row) => row.to !== undefined && row.tone === "good") ? line("good", "reply") : undefined,
    uses((row) => row.to !== undefined && row.dashed === true) ? line("quiet", "confirmation", "dashed") : undefined,
    uses((row) => row.tone === "bad") ? line("bad", "failure") : undefined,
    box("fault", "broken: a fault, or killed"),
    box("absence", "stopped"),
  ]}</ul>`;
}

function eventTable({ rows }: Diagram, drawn: readonly Path[]): Markup {
  return markup`<details><summary>The sequence as a table (${rows.length} events${drawn.length > 0 ? `, ${count(drawn.length, "request")}` : ""})</summary>
<div class="wide tall" tabindex="0" role="region" aria-label="The sequence as a table"><table class="events" aria-label="The sequence as a table"><thead><tr><th scope="col" class="n">Time</th><th scope="col">Actor</th><th scope="col">Event</th></tr></thead><tbody>${rows.map(
    ({ ms, actor, text, path, tone }) => markup`
<tr${path ? markup` data-r="${path.index}"` : undefined}><td class="n">${seconds(ms)}</td><td>${actor}</td><td class="${tone ?? "plain"}">${text}</td></tr>`,
  )}</tbody></table></div></details>`;
}

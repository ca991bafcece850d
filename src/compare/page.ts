// The comparison as an HTML page: a row for each situation, a column for each strategy, and in each cell a link to its run.
import { htmlDocument } from "../report/html/document.js";
import { type Markup, markup } from "../report/html/markup.js";
import { runPage } from "../report/page-names.js";
import { plain, prose } from "../report/text-layout.js";
import { replyTone, requestTone, type Tone } from "./cell.js";
import { type ComparedCell, type Comparison, cellName, inWords, situations } from "./compare.js";
import { replyText, times } from "./table.js";

export function comparePage(comparison: Comparison): string {
  const { strategies, cells, server, asExpected } = comparison;
  const wrong = cells.filter((cell) => !cell.asExpected);
  const title = `${cells.length} cells: ${asExpected ? "all as known" : `${wrong.length} not as known`}`;
  const rows = comparison.situations.map((situation) => {
    const row = strategies.map((strategy) => cells.find((c) => c.situation === situation && c.strategy === strategy));
    return markup`
<tr><th scope="row">${situations[situation]}</th>${row.map((cell) => (cell ? tableCell(cell) : markup`<td></td>`))}</tr>`;
  });
  const body = markup`<header class="top ${asExpected ? "held" : "violated"}"><h1>What happens to request, effect and reply</h1>
<p class="verdict"><strong>${title}</strong> <span>on nats-server ${plain(server.version)}</span></p></header>
<main><section aria-labelledby="cells"><h2 id="cells">Situations and strategies</h2>
<ul class="legend"><li><span class="good">arrived</span></li><li><span class="open">can still be found, or is still open</span></li><li><span class="bad">lost</span></li></ul>
<div class="wide" tabindex="0" role="region" aria-label="Table of the comparison"><table class="compared"><thead><tr><th scope="col">Situation</th>${strategies.map((strategy) => markup`<th scope="col">${strategy}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div></section>
${wrong.length > 0 ? differing(wrong) : undefined}</main>`;
  return htmlDocument({ title: `Comparison: ${title}`, body });
}

const toned = (tone: Tone, text: string) => markup`<span class="${tone}">${text}</span>`;

function tableCell(cell: ComparedCell): Markup {
  const named = `${situations[cell.situation]}, ${cell.strategy}`;
  return markup`<td${cell.asExpected ? undefined : markup` class="differs"`}><dl><dt>request</dt><dd>${toned(requestTone(cell), cell.request)}</dd><dt>effect</dt><dd>${times(cell.effect)}</dd><dt>reply</dt><dd>${toned(replyTone(cell), replyText(cell))}</dd></dl><a href="${cellName(cell)}/${runPage}">run<span class="unseen"> of ${named}</span></a></td>`;
}

function differing(cells: readonly ComparedCell[]): Markup {
  return markup`<section aria-labelledby="differing"><h2 id="differing">Not as known</h2><ul class="checks">${cells.map(
    (cell) =>
      markup`<li><span class="sign violated" aria-hidden="true">✘</span><div><a href="${cellName(cell)}/${runPage}">${cell.situation} with ${cell.strategy}</a><br>expected ${inWords(cell.expected)}<br>was ${inWords(cell)}${cell.unmet.map((what) => markup`<br>unmet ${prose(what)}`)}</div></li>`,
  )}</ul></section>`;
}

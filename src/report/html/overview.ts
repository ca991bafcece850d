// Overview page: the verdicts of many runs, with links to their reports.
import { count } from "../../common/plural.js";
import type { Suite } from "../junit.js";
import { runPage } from "../page-names.js";
import { plain, prose, seconds } from "../text-layout.js";
import { htmlDocument, readAsset } from "./document.js";
import { encoded, type Markup, markup } from "./markup.js";
import { sweepChart } from "./sweep-chart.js";
import { type Mark, sign, wordOf } from "./verdict.js";

export interface Overview {
  suites: readonly Suite[];
  /** How many runs were not begun. */
  left: number;
  /** Of a sweep: its combinations side by side, the first row their heads. */
  cells?: readonly (readonly string[])[];
}

type State = Mark | "skipped";

/** Failures first. */
const states: readonly State[] = ["failed", "violated", "inconclusive", "held", "skipped"];
/** Fewer runs than this are seen at a glance. */
const leastFiltered = 6;

export function overview({ suites, left, cells }: Overview): string {
  const rank = (suite: Suite) => states.indexOf(stateOf(suite));
  const sorted = suites.toSorted((a, b) => rank(a) - rank(b));
  const present = states.filter((state) => suites.some((suite) => stateOf(suite) === state));
  const worst = present.find((state) => state !== "skipped") ?? "inconclusive";
  const counted = present.map((state) => `${suites.filter((one) => stateOf(one) === state).length} ${wordFor(state)}`);
  const results = suites.flatMap((one) => ("skipped" in one ? [] : one.result));
  const [scenario, ...others] = new Set(results.map((result) => result.scenario));
  const isOne = scenario !== undefined && others.length === 0 && suites.length > 1;
  const title = `${isOne ? `${plain(scenario)}: ` : ""}${count(suites.length, "run")}: ${counted.join(", ")}`;
  const question = isOne ? results[0]?.question : undefined;
  const isFiltered = suites.length >= leastFiltered;
  const body = markup`<header class="top ${worst}"><h1>${title}</h1>${question && markup`<p class="why">${prose(question)}</p>`}${left > 0 ? markup`<p class="why">${left} more ${left === 1 ? "was" : "were"} not begun.</p>` : undefined}</header>
<main>${cells && sweepChart(cells)}${cells && combinations(cells)}<section aria-labelledby="runs"><h2 id="runs">Runs</h2>
${isFiltered ? filters(present) : undefined}<div class="wide" tabindex="0" role="region" aria-label="Table of runs"><table class="runs"><thead><tr><th scope="col">Run</th><th scope="col">Verdict</th><th scope="col" class="n">Time</th><th scope="col">Question or reason</th></tr></thead><tbody>${sorted.map(row)}</tbody></table></div></section></main>`;
  return htmlDocument({ title, body, script: isFiltered ? readAsset("overview.js") : undefined });
}

/** Hidden without the script. */
function filters(present: readonly State[]): Markup {
  return markup`<form class="filters" id="filters" role="search" aria-label="Filter the runs" hidden>
<label>Run <input type="search" id="by-run" placeholder="name or reason" autocomplete="off"></label>
<label>Verdict <select id="by-state"><option value="">any</option>${present.map((state) => markup`<option value="${state}">${wordFor(state)}</option>`)}</select></label>
<button type="button" id="clear">Clear filters</button>
<output id="matching" aria-live="polite"></output>
</form>
`;
}

function combinations([head = [], ...rows]: readonly (readonly string[])[]): Markup {
  const tone = (text: string) =>
    /^[✘!]/.test(text) ? markup` class="bad"` : /^\?/.test(text) ? markup` class="open"` : undefined;
  const cell = (text: string) => markup`<td${tone(text)}>${prose(text)}</td>`;
  return markup`<section aria-labelledby="combinations"><h2 id="combinations">Combinations</h2>
<div class="wide" tabindex="0" role="region" aria-label="Table of combinations"><table class="percentiles"><thead><tr>${head.map((text) => markup`<th scope="col">${prose(text)}</th>`)}</tr></thead><tbody>${rows.map(
    (cells) => markup`
<tr>${cells.map(cell)}</tr>`,
  )}</tbody></table></div></section>
`;
}

function stateOf(suite: Suite): State {
  if ("skipped" in suite) return "skipped";
  return suite.failure === undefined ? suite.result.verdict : "failed";
}

const wordFor = (state: State) => (state === "skipped" || state === "failed" ? state : wordOf(state));
const tones: Record<State, string> = {
  held: "good",
  violated: "bad",
  failed: "bad",
  inconclusive: "open",
  skipped: "quiet",
};

function row(suite: Suite): Markup {
  const state = stateOf(suite);
  const isSkipped = "skipped" in suite;
  const ms = isSkipped ? suite.durationMs : suite.result.durationMs;
  const name = plain(suite.name, 80);
  const text = isSkipped
    ? suite.skipped
    : (suite.failure ?? (state === "held" ? suite.result.question : (suite.result.reason ?? "")));
  return markup`
<tr data-state="${state}"><th scope="row">${isSkipped ? name : markup`<a href="${encoded(suite.name)}/${runPage}">${name}</a>`}</th><td class="${tones[state]} n">${state === "skipped" ? "– " : markup`${sign(state)} `}${wordFor(state)}</td><td class="n">${seconds(ms)}</td><td>${prose(text)}</td></tr>`;
}

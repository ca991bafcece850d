// Overview page: the verdicts of many runs, with links to their reports.
import { count } from "../../common/plural.js";
import type { Suite } from "../junit.js";
import { plain, prose, seconds } from "../text-layout.js";
import { htmlDocument } from "./document.js";
import { encoded, type Markup, markup } from "./markup.js";
import { type Mark, sign, wordOf } from "./verdict.js";

export interface Overview {
  suites: readonly Suite[];
  /** How many runs were not begun. */
  left: number;
  /** Of a sweep: its combinations side by side, the first row their heads. */
  cells?: readonly (readonly string[])[];
}

export function overview({ suites, left, cells }: Overview): string {
  const states = suites.map(stateOf);
  const worst =
    (["failed", "violated", "inconclusive", "held"] as const).find((mark) => states.includes(mark)) ?? "inconclusive";
  const counted = [...new Set(states)].map((mark) => `${states.filter((one) => one === mark).length} ${wordFor(mark)}`);
  const title = `${count(suites.length, "run")}: ${counted.join(", ")}`;
  const body = markup`<header class="top ${worst}"><h1>${title}</h1>${left > 0 ? markup`<p class="why">${left} more ${left === 1 ? "was" : "were"} not begun.</p>` : undefined}</header>
<main>${cells && combinations(cells)}<section aria-labelledby="runs"><h2 id="runs">Runs</h2>
<div class="wide" tabindex="0" role="region" aria-label="Runs"><table><thead><tr><th scope="col">Run</th><th scope="col">Verdict</th><th scope="col" class="n">Time</th><th scope="col">Question or reason</th></tr></thead><tbody>${suites.map(row)}</tbody></table></div></section></main>`;
  return htmlDocument({ title, body });
}

function combinations([head = [], ...rows]: readonly (readonly string[])[]): Markup {
  const cell = (text: string) => markup`<td>${prose(text)}</td>`;
  return markup`<section aria-labelledby="combinations"><h2 id="combinations">Combinations</h2>
<div class="wide" tabindex="0" role="region" aria-label="Combinations"><table class="percentiles"><thead><tr>${head.map((text) => markup`<th scope="col">${prose(text)}</th>`)}</tr></thead><tbody>${rows.map(
    (cells) => markup`
<tr>${cells.map(cell)}</tr>`,
  )}</tbody></table></div></section>
`;
}

type State = Mark | "skipped";

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
<tr><th scope="row">${isSkipped ? name : markup`<a href="${encoded(suite.name)}/report.html">${name}</a>`}</th><td class="${tones[state]} n">${state === "skipped" ? "– " : markup`${sign(state)} `}${wordFor(state)}</td><td class="n">${seconds(ms)}</td><td>${prose(text)}</td></tr>`;
}

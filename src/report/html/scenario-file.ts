// Scenario file: the file with its line numbers and the verdict of each expectation at its line.
import { unmet } from "../../history/judge.js";
import type { Expectation, Run } from "../../history/result.js";
import { worst } from "../../history/verdict.js";
import { plain, prose } from "../text-layout.js";
import { type Markup, markup } from "./markup.js";
import { sign, wordOf } from "./verdict.js";
import { colouredLines } from "./yaml-colours.js";

export function scenarioFile({ result, scenario }: Run): Markup {
  const body =
    scenario === undefined || scenario === "" ? withoutFile(result.expectations) : lines(scenario, result.expectations);
  return markup`<section class="scenario" aria-labelledby="scenario"><h2 id="scenario">Scenario</h2>${body}</section>`;
}

function lines(text: string, expectations: readonly Expectation[]): Markup {
  const all = colouredLines(text.replace(/\r?\n$/, ""));
  return markup`<ol class="code" style="--digits:${String(all.length).length}" tabindex="0" aria-label="The scenario file, line by line">${all.map(
    (line, i) => {
      const here = expectations.filter((expectation) => expectation.line === i + 1);
      const verdict = here.length === 0 ? undefined : worst(here.map((expectation) => expectation.verdict));
      return markup`
<li${verdict === undefined ? undefined : markup` class="${verdict}"`} id="line-${i + 1}">${verdict === undefined ? undefined : sign(verdict)}<span class="number" aria-hidden="true">${i + 1}</span><code style="--indent:${Math.min(line.indent, 12)}">${line.pieces.map(({ kind, text }) => (kind === undefined ? text : markup`<span class="${kind}">${text}</span>`))}</code>${here.map(verdictNote)}</li>`;
    },
  )}</ol>${otherLines(expectations, all.length)}`;
}

/** A screen reader reads what held; what did not is visible, too. */
function verdictNote(expectation: Expectation): Markup {
  const { verdict } = expectation;
  if (verdict === "held") return markup`<span class="unseen">${plain(expectation.path)} held. </span>`;
  return markup`<p class="finding"><span class="unseen">${wordOf(verdict)}: </span>${prose(unmet(expectation))}.</p>`;
}

function otherLines(expectations: readonly Expectation[], lines: number): Markup | undefined {
  const others = expectations.filter(({ line }) => line < 1 || line > lines);
  return others.length === 0 ? undefined : withoutFile(others);
}

function withoutFile(expectations: readonly Expectation[]): Markup {
  if (expectations.length === 0)
    return markup`<p class="quiet">The scenario file was not at hand, and nothing was expected.</p>`;
  return markup`<ul class="checks">${expectations.map(
    (expectation) =>
      markup`<li>${sign(expectation.verdict)} <div>${
        expectation.verdict === "held"
          ? `${plain(expectation.path)} is ${plain(expectation.expected)}`
          : `${prose(unmet(expectation))}.`
      } <span class="quiet">(line ${expectation.line})</span></div></li>`,
  )}</ul>`;
}

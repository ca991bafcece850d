// Scenario file: the file with its line numbers and the verdict of each expectation at its line.
import { unmet } from "../../history/judge.js";
import type { Expectation, Run } from "../../history/result.js";
import { worst } from "../../history/verdict.js";
import { plain, prose } from "../text-layout.js";
import { type Markup, markup } from "./markup.js";
import { sign, wordOf } from "./verdict.js";

export function scenarioFile({ result, scenario }: Run): Markup {
  const body =
    scenario === undefined || scenario === "" ? withoutFile(result.expectations) : lines(scenario, result.expectations);
  return markup`<section class="scenario" aria-labelledby="scenario"><h2 id="scenario">Scenario</h2>${body}</section>`;
}

function lines(text: string, expectations: readonly Expectation[]): Markup {
  const all = text.replace(/\r?\n$/, "").split(/\r?\n/);
  return markup`<ol class="code" tabindex="0" aria-label="The scenario file, line by line">${all.map((line, i) => {
    const here = expectations.filter((expectation) => expectation.line === i + 1);
    const verdict = here.length === 0 ? undefined : worst(here.map((expectation) => expectation.verdict));
    const indent = /^ */.exec(line)?.[0].length ?? 0;
    return markup`
<li${verdict === undefined ? undefined : markup` class="${verdict}"`} id="line-${i + 1}"><span class="number" aria-hidden="true">${verdict === undefined ? undefined : markup`${sign(verdict)} `}${i + 1}</span><code style="--indent:${Math.min(indent, 12)}">${plain(line, 2000)}</code>${here.map(verdictNote)}</li>`;
  })}</ol>${otherLines(expectations, all.length)}`;
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

// Page head: the question, the verdict, the counts and the checks of a run.
import { asLines } from "../../common/control-characters.js";
import { counted } from "../../history/counts.js";
import { standing } from "../../history/judge.js";
import type { CheckResult, Run } from "../../history/result.js";
import { requestsLeft, storedReplies } from "../../history/select.js";
import type { Verdict } from "../../history/verdict.js";
import { plain, prose, seconds } from "../text-layout.js";
import { linkTo } from "./diagram-svg.js";
import { type Markup, markup } from "./markup.js";
import { type Path, thousands } from "./request-paths.js";
import { trails } from "./requests.js";

export type Mark = Verdict | "failed";

const marks: Record<Mark, { sign: string; word: string }> = {
  held: { sign: "✔", word: "held" },
  violated: { sign: "✘", word: "violated" },
  inconclusive: { sign: "?", word: "inconclusive" },
  failed: { sign: "!", word: "the run failed" },
};

export const wordOf = (mark: Mark) => marks[mark].word;

/** A sign for the eye; a screen reader reads the word beside it. */
export function sign(mark: Mark): Markup {
  return markup`<span class="sign ${mark}" aria-hidden="true">${marks[mark].sign}</span>`;
}

export function head({ result, failure }: Run, overview?: string): Markup {
  const mark = failure === undefined ? result.verdict : "failed";
  const why = failure ?? (result.verdict === "held" ? result.answer : (result.reason ?? result.answer));
  return markup`<header class="top ${mark}">
<p class="name">${overview === undefined ? undefined : markup`<a href="${overview}">All runs</a> / `}${plain(result.scenario)}</p>
<h1>${result.question === "" ? plain(result.scenario) : prose(result.question)}</h1>
<p class="verdict"><strong>${sign(mark)} ${marks[mark].word}</strong> <span>after ${seconds(result.durationMs)}</span></p>
${why === "" ? undefined : markup`<p class="why">${prose(why)}</p>`}
${failure === undefined ? undefined : markup`<p class="quiet">There is no verdict. What was recorded until then is below.</p>`}
</header>`;
}

export function numbers({ result, events }: Run): Markup {
  const left = requestsLeft(events).map(
    (reading) => [`left in ${plain(reading.stream)}`, reading.requests.length] as const,
  );
  const replies = storedReplies(events);
  const stored = replies === undefined ? [] : [["replies stored", replies.length] as const];
  const facts = [...counted(result.counts), ...left, ...stored];
  return markup`<section aria-labelledby="numbers"><h2 id="numbers">Counts</h2><dl class="numbers">${facts.map(
    ([name, n]) => markup`<div><dt>${name}</dt><dd>${thousands(n)}</dd></div>`,
  )}</dl></section>`;
}

export function checkList(run: Run, paths: readonly Path[]): Markup {
  const { result } = run;
  if (result.checks.length === 0)
    return markup`<section aria-labelledby="checks"><h2 id="checks">Checks</h2><p class="quiet">No check was made.</p></section>`;
  const byId = new Map(paths.map((path) => [path.request, path]));
  return markup`<section aria-labelledby="checks"><h2 id="checks">Checks</h2><ul class="checks">${result.checks.map(
    (check) =>
      markup`<li>${sign(standing(check))} <div><strong>${plain(check.name)}</strong> ${judgement(check)}<br><span class="detail">${prose(check.detail)}</span>${offenders(check, byId)}${trails(check, run, byId)}</div></li>`,
  )}</ul></section>`;
}

function judgement({ verdict, expected }: CheckResult): Markup {
  const word = marks[verdict].word;
  if (verdict === expected)
    return markup`<span class="quiet">${word}${expected === "held" ? "" : ", as expected"}</span>`;
  return markup`<span class="${verdict === "inconclusive" ? "open" : "bad"}">${word}${expected === "held" ? "" : `, but expected to be ${marks[expected].word}`}</span>`;
}

const mostNamed = 12;

function offenders({ requests }: CheckResult, byId: ReadonlyMap<string, Path>): Markup | undefined {
  if (requests.length === 0) return undefined;
  const named = requests.slice(0, mostNamed).map((id) => {
    const path = byId.get(id);
    return path
      ? markup`<a href="${linkTo(path)}">${plain(path.name, 40)}</a> `
      : markup`<span>${plain(id, 40)}</span> `;
  });
  const rest = requests.length - mostNamed;
  return markup`<p class="offenders">${named}${rest > 0 ? `and ${thousands(rest)} more` : undefined}</p>`;
}

/** What the external actors printed. */
export function outputs({ result }: Run): Markup | undefined {
  if (!result.outputs?.length) return undefined;
  return markup`<section aria-labelledby="outputs"><h2 id="outputs">Output</h2>${result.outputs.map(
    ({
      actor,
      text,
      omittedBytes,
    }) => markup`<details class="ran"><summary>${plain(actor)}${omittedBytes === undefined ? undefined : `, without its first ${thousands(omittedBytes)} bytes`}</summary>
<pre tabindex="0" aria-label="Output of ${plain(actor)}">${text === "" ? "It printed nothing." : asLines(text)}</pre></details>`,
  )}</section>`;
}

export function facts({ result }: Run): Markup {
  const { server } = result;
  const origin = server.origin === "" ? "" : `, from ${plain(server.origin)}`;
  const rows = [
    ["Server", `nats-server ${plain(server.version)}${origin}`],
    ["URL", plain(server.url)],
    ["Seed", result.seed === 0 ? "" : String(result.seed)],
    ["Scenario", plain(result.file, 400)],
    ["History", plain(result.history, 400)],
  ].filter(([, value]) => value !== "");
  return markup`<details class="ran"><summary>Where it ran</summary><dl class="facts">${rows.map(
    ([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl></details>`;
}

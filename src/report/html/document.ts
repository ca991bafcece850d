// HTML document: the frame around a body, and the completed run that a page is made of.
import { counts } from "../../history/counts.js";
import type { HistoryEvent } from "../../history/event.js";
import { Outcomes } from "../../history/outcome.js";
import type { Run, RunResult } from "../../history/result.js";
import { ofType } from "../../history/select.js";
import { type Markup, markup, Markup as Raw } from "./markup.js";
import { pageStyle } from "./styles.js";

/**
 * The document may load nothing: style and script are in it. Without a script it allows none: whatever got into it from the
 * wire cannot run.
 */
export function htmlDocument({ title, body, script }: { title: string; body: Markup; script?: string }): string {
  const policy = `default-src 'none'; style-src 'unsafe-inline'${script === undefined ? "" : "; script-src 'unsafe-inline'"}`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${new Raw(policy)}">
<title>${title}</title>
<style>${new Raw(pageStyle)}</style>
</head>
<body>
${body}
${
  script === undefined
    ? undefined
    : markup`<script>${new Raw(script)}</script>
`
}</body>
</html>
`.text;
}

/** A `Run`, or the part of it that a failed run left. */
export interface PartialRun {
  result: Partial<RunResult>;
  events: HistoryEvent[];
}

export interface Source {
  /** The scenario file as it was read. */
  scenario?: string;
  /** Why the run itself failed (exit code 3), in a sentence; then there is no verdict. */
  failure?: string;
}

/** A full `Run`: what the result lacks comes from the events, else it says that it is not known. */
export function completed({ result, events }: PartialRun): Run {
  return { events, result: { ...fromEvents(events), ...defined(result) } };
}

function fromEvents(events: readonly HistoryEvent[]): RunResult {
  const started = ofType(events, "run-started")[0];
  const outcomes = new Outcomes();
  for (const event of events) outcomes.apply(event);
  const span = (events.at(-1)?.t ?? 0) - (events[0]?.t ?? 0);
  return {
    format: 1,
    scenario: started?.scenario ?? "a run",
    question: "",
    answer: "",
    file: "",
    verdict: "unknown",
    requests: outcomes.all(),
    expectations: [],
    checks: [],
    counts: counts(events),
    server: { version: started?.server.replace(/^nats-server /, "") ?? "unknown", origin: "", url: "" },
    seed: started?.seed ?? 0,
    durationMs: Math.round(span / 1000),
    history: "",
  };
}

function defined(result: Partial<RunResult>): Partial<RunResult> {
  return Object.fromEntries(Object.entries(result).filter(([, value]) => value !== undefined));
}

// Mermaid report: a run as a Mermaid sequence diagram, which GitHub and GitLab draw from a fenced block.
import type { HistoryEvent } from "../history/event.js";
import type { Run } from "../history/result.js";
import { ofType } from "../history/select.js";
import { mermaidMark, storyText } from "./event-text.js";
import type { MermaidMark } from "./events/entry.js";
import { MessageRoutes } from "./message-routes.js";
import { RunNames } from "./run-names.js";
import { plain } from "./text-layout.js";

const arrows = { request: "->>", reply: "-->>", lost: "--x" };

/**
 * The diagram alone, for a `.mmd` file. A large run is cut short, and says so. It holds no times, ids or ports: the same
 * history always gives the same picture.
 */
export function mermaid({ events }: Run): string {
  const { participants, marks, left } = sequenceOf(events);
  // A name could be one of Mermaid's own words: it is only ever shown, never spelled as an identifier.
  const ids = new Map(participants.map(({ name }, i) => [name, `p${i + 1}`]));
  const id = (name: string) => ids.get(name) ?? "p1";
  const lines = [
    ...participants.map(({ name, kind }) => `participant ${id(name)} as ${kind === "stream" ? "🗄 " : ""}${safe(name)}`),
    ...marks.map((mark) =>
      "over" in mark
        ? `Note over ${id(mark.over)}: ${safe(mark.text)}`
        : `${id(mark.from)}${arrows[mark.style]}${id(mark.to)}: ${safe(mark.text)}`,
    ),
  ];
  if (left > 0) lines.push(`Note over ${id(participants[0]?.name ?? "")}: and ${left} more steps, which are not drawn`);
  // A diagram without a participant is a syntax error.
  if (participants.length === 0) lines.push("participant p1 as nothing happened");
  return `sequenceDiagram\n${lines.map((text) => `  ${text}\n`).join("")}`;
}

/** The diagram as a fenced block, to be pasted into a page. */
export const mermaidBlock = (run: Run) => `\`\`\`mermaid\n${mermaid(run)}\`\`\`\n`;

/**
 * Mermaid ends a statement at `;` and a line break, a comment begins with `%%`, and `#` begins an entity: each is
 * written as an entity, by its code (https://mermaid.js.org/syntax/sequenceDiagram.html, "Entity codes").
 */
function safe(text: string): string {
  return plain(text).replace(/[;#"'%<>`{}\\]/g, (character) => `#${character.charCodeAt(0)};`);
}

/**
 * @param most is how many marks are kept: the first ones. A picture with more cannot be read.
 * @returns the marks, how many are left out, and the participants that a mark names.
 */
export function sequenceOf(events: readonly HistoryEvent[], most = 80) {
  const names = new RunNames();
  const routes = new MessageRoutes(events, (event) => names.name(event));
  const all = events.flatMap((event) => {
    names.learn(event);
    return mermaidMark(event, routes, () => storyText(event, names)) ?? [];
  });
  const distinct = withoutRepeats(all);
  const marks = distinct.slice(0, most);
  return { participants: participants(events, marks), marks, left: distinct.length - marks.length };
}

/** The requests of a load share a name: what comes many times in a row is drawn once. */
function withoutRepeats(marks: readonly MermaidMark[]): MermaidMark[] {
  const runs: { mark: MermaidMark; times: number }[] = [];
  for (const mark of marks) {
    const last = runs.at(-1);
    if (last !== undefined && isSame(last.mark, mark)) last.times++;
    else runs.push({ mark, times: 1 });
  }
  return runs.map(({ mark, times }) => (times === 1 ? mark : { ...mark, text: `${mark.text} (${times} times)` }));
}

function isSame(a: MermaidMark, b: MermaidMark): boolean {
  if ("over" in a || "over" in b) return "over" in a && "over" in b && a.over === b.over && a.text === b.text;
  return a.text === b.text && a.from === b.from && a.to === b.to && a.style === b.style;
}

const ranks = { requester: 0, stream: 1, responder: 2, service: 3, other: 4 };

/** Left to right: requesters, streams, responders. */
function participants(events: readonly HistoryEvent[], marks: readonly MermaidMark[]) {
  const roles = new Map<string, keyof typeof ranks>(ofType(events, "actor-started").map((e) => [e.name, e.role]));
  for (const event of events) {
    if ("stream" in event && event.stream !== undefined) roles.set(event.stream, "stream");
    if (event.type === "setup-applied") for (const stream of event.streams) roles.set(stream, "stream");
  }
  const named = new Set(marks.flatMap((mark) => ("over" in mark ? [mark.over] : [mark.from, mark.to])));
  const rank = (name: string) => ranks[roles.get(name) ?? "other"];
  // Where the stream of requests was named at set-up, it comes first.
  const order = [...roles.keys()];
  const place = (name: string) => order.indexOf(name) + 1 || order.length + 1;
  return [...named]
    .sort((a, b) => rank(a) - rank(b) || place(a) - place(b))
    .map((name) => ({ name, kind: roles.get(name) === "stream" ? "stream" : "actor" }));
}

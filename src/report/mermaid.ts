// A run as a Mermaid sequence diagram: GitHub and GitLab draw it from a fenced block in a README.
import type { Run } from "../history/result.js";
import { type Mark, sequenceOf } from "./sequence.js";
import { plain } from "./text-layout.js";

const arrows = { request: "->>", reply: "-->>", lost: "--x" };

/** The diagram alone, for a `.mmd` file. A large run is cut short, and says so. */
export function mermaid({ events }: Run): string {
  const { participants, marks, left } = sequenceOf(events);
  // A name could be one of Mermaid's own words: it is only ever shown, never spelled as an identifier.
  const ids = new Map(participants.map(({ name }, i) => [name, `p${i + 1}`]));
  const id = (name: string) => ids.get(name) ?? "p1";
  const line = (mark: Mark) =>
    "over" in mark
      ? `Note over ${id(mark.over)}: ${safe(mark.text)}`
      : `${id(mark.from)}${arrows[mark.style]}${id(mark.to)}: ${safe(mark.text)}`;
  const lines = [
    ...participants.map(
      ({ name, kind }) => `participant ${id(name)} as ${kind === "stream" ? "🗄 " : ""}${safe(name)}`,
    ),
    ...marks.map(line),
    ...(left > 0
      ? [`Note over ${id(participants[0]?.name ?? "")}: and ${left} more steps, which are not drawn`]
      : []),
  ];
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

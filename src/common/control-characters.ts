// Control characters and workflow commands: shown escaped, so that text from the wire steers no terminal, no file viewer and no CI runner.

/** Control characters (C0, DEL and C1), line separators, marks that reorder text, and what is no character: no XML may hold those. */
const unseen = /[\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069\uFFFE\uFFFF]/gu;

const codeOf = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** `\n` as such, and what JSON leaves as it is by its code. */
const escaped = (character: string) => JSON.stringify(character).slice(1, -1).replace(unseen, codeOf);

/** Text as one line. */
export const asOneLine = (text: string): string => text.replace(unseen, escaped);

/** Text whose lines and tabs stay. A carriage return stays before a line feed only: alone it would overwrite its line. */
export const asLines = (text: string): string =>
  withoutWorkflowCommands(
    text.replace(unseen, (character, at: number) => {
      const stays = character === "\n" || character === "\t" || (character === "\r" && text[at + 1] === "\n");
      return stays ? character : escaped(character);
    }),
  );

/** JSON with the same values. Its own line ends stay. */
export const asJson = (json: string): string =>
  json
    .replace(unseen, (character) => (character === "\n" ? character : codeOf(character)))
    .replaceAll("##[", "\\u0023#[");

/** The colours of picocolors (SGR). They may stay, because reports colour text that is escaped before. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence is what it looks for
const colour = /(\u001b\[[\d;]*m)/;

/** The text of a report: as `asLines`, and its colours stay. */
export const asReport = (text: string): string =>
  withoutWorkflowCommands(
    text
      .split(colour)
      .map((part, n) => (n % 2 === 1 ? part : asLines(part)))
      .join(""),
  );

/**
 * GitHub's runner executes lines of a job's output that begin with `::`, after any space, and text after `##[` anywhere in a line
 * (actions/runner, ActionCommand.cs).
 */
const withoutWorkflowCommands = (text: string): string =>
  text.replace(/^([^\S\n]*):(?=:)/gm, "$1\\u003a").replaceAll("##[", "\\u0023#[");

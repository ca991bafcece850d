// The registry of reporters: a name for `--report` to the text of a run. One writer elsewhere shows or stores it.
import type { Run } from "../history/result.js";
import { json } from "./json.js";
import { type TerminalOptions, terminal } from "./terminal.js";

/** Pure: the same run and options give the same text. A reporter ignores the options that it has no use for. */
export type Reporter = (run: Run, options?: TerminalOptions) => string;

export const reporters = { terminal, json } satisfies Record<string, Reporter>;

export type ReporterName = keyof typeof reporters;
export { Story, type StoryOptions, tell } from "./story.js";
export type { TerminalOptions } from "./terminal.js";

// The terminal of a command line: its streams, its environment, and what it can show.
import { AsyncLocalStorage } from "node:async_hooks";
import { isUtf8 } from "node:buffer";
import type { Readable } from "node:stream";
import { asJson, asLines, asReport } from "../common/control-characters.js";
import { count } from "../common/plural.js";

interface Terminal {
  stdin: Readable;
  stdout: { write(text: string | Uint8Array): unknown; columns?: number; isTTY?: boolean };
  stderr: { write(text: string): unknown };
  env: NodeJS.ProcessEnv;
}

const own = new AsyncLocalStorage<Terminal>();

/** By default this process's streams and environment. */
export const terminal = (): Terminal => own.getStore() ?? process;

/** Several command lines can run in one process: each, with all its callbacks, has the terminal of its `withTerminal`. */
export const withTerminal = <T>(its: Terminal, run: () => T): T => own.run(its, run);

// Answers go to stdout, progress to stderr; with --json, stdout is one JSON document. Whatever is printed may hold text from the wire:
// here it becomes harmless.

/** A report, which brings its own line ends and colours. */
export const write = (text: string) => void terminal().stdout.write(asReport(text));
/** The same where stdout is JSON. */
export const writeError = (text: string) => void terminal().stderr.write(asReport(text));
export const say = (text: string) => void terminal().stdout.write(`${asLines(text)}\n`);
export const note = (text: string) => void terminal().stderr.write(`${asLines(text)}\n`);
export const sayJson = (value: unknown) => void terminal().stdout.write(`${asJson(JSON.stringify(value, null, 2))}\n`);
/** One of several documents, each on its line. */
export const sayJsonLine = (value: unknown) => void terminal().stdout.write(`${asJson(JSON.stringify(value))}\n`);

/**
 * A payload. On a terminal and in a job's log (GITHUB_ACTIONS) text is printed harmless, and bytes that are no text only by their
 * number; a pipe or a file gets the bytes as they are. A text gets a line end if it has none.
 */
export function sayPayload(data: Uint8Array): void {
  const { stdout, env } = terminal();
  const shown = stdout.isTTY === true || env.GITHUB_ACTIONS === "true";
  if (!isUtf8(data)) {
    if (stdout.isTTY !== true) stdout.write(data);
    else
      note(
        `The reply is ${count(data.length, "byte that is", "bytes that are")} no text: write it to a file (> file), or use --json.`,
      );
    return;
  }
  const text = Buffer.from(data).toString();
  stdout.write(`${shown ? asLines(text) : text}${text.endsWith("\n") ? "" : "\n"}`);
}

/** A payload as members of a JSON object: text, or bytes that are no text as base64 with a mark. */
export const jsonPayload = (data: Uint8Array): { payload: string; encoding?: "base64" } =>
  isUtf8(data)
    ? { payload: Buffer.from(data).toString() }
    : { payload: Buffer.from(data).toString("base64"), encoding: "base64" };

/** In columns. */
export const width = () => terminal().stdout.columns || 80;

/** On a terminal, unless NO_COLOR is set (no-color.org) or TERM is `dumb`. */
export const color = () => {
  const { stdout, env } = terminal();
  return stdout.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
};

/** Whether a picture can be drawn over and over: on this process's own terminal, and not in CI. */
export const live = () => {
  const { stdout, env } = terminal();
  if (stdout !== process.stdout) return false;
  return process.stdout.isTTY === true && env.TERM !== "dumb" && ["", "0", "false"].includes(env.CI ?? "");
};

/** The command that started this command line, for hints: bin/dev.mjs sets JSRR_CALLED to `npm run jsrr --`. */
export function called(): string {
  const { env } = terminal();
  return env.JSRR_CALLED || (env.npm_lifecycle_event === "npx" ? "npx jsrr" : "jsrr");
}

/** Error texts name `jsrr`. A command to run stands in backquotes, or begins a clause. */
export const asCalled = (text: string) => text.replace(/(?<=[`(]|[:;] )jsrr (?=[a-z])/g, `${called()} `);

// The terminal of a command line: its streams, its environment, and what it can show.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Readable } from "node:stream";

interface Terminal {
  stdin: Readable;
  stdout: { write(text: string): unknown; columns?: number; isTTY?: boolean };
  stderr: { write(text: string): unknown };
  env: NodeJS.ProcessEnv;
}

const own = new AsyncLocalStorage<Terminal>();

/** By default this process's streams and environment. */
export const terminal = (): Terminal => own.getStore() ?? process;

/** Several command lines can run in one process: each, with all its callbacks, has the terminal of its `withTerminal`. */
export const withTerminal = <T>(its: Terminal, run: () => T): T => own.run(its, run);

// Answers go to stdout, progress to stderr; with --json, stdout is one JSON document.

/** Text that brings its own line ends. */
export const write = (text: string) => void terminal().stdout.write(text);
export const say = (text: string) => write(`${text}\n`);
export const note = (text: string) => void terminal().stderr.write(`${text}\n`);
export const sayJson = (value: unknown) => say(JSON.stringify(value, null, 2));

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

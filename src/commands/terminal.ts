// What a command line talks to: by default this process's streams and environment. Several command lines can run in one
// process, each with a terminal of its own; whatever a command starts, also later and in callbacks, finds its own again.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Readable } from "node:stream";

interface Terminal {
  stdin: Readable;
  stdout: { write(text: string): unknown; columns?: number; isTTY?: boolean };
  stderr: { write(text: string): unknown };
  env: NodeJS.ProcessEnv;
}

/** Costs nothing until a command line is given a terminal of its own. */
const given = new AsyncLocalStorage<Terminal>();

export const terminal = (): Terminal => given.getStore() ?? process;

export const withTerminal = <T>(own: Terminal, run: () => T): T => given.run(own, run);

// Where words go: answers to stdout, progress to stderr; with --json, one JSON document on stdout and nothing else.

/** Text that brings its own line ends. */
export const write = (text: string) => void terminal().stdout.write(text);
export const say = (text: string) => write(`${text}\n`);
export const note = (text: string) => void terminal().stderr.write(`${text}\n`);
export const sayJson = (value: unknown) => say(JSON.stringify(value, null, 2));

/** Columns of the terminal, or of a usual one. */
export const width = () => terminal().stdout.columns || 80;

/** Colour where a person looks, unless they asked for none (no-color.org) or their terminal has none. */
export const color = () => {
  const { stdout, env } = terminal();
  return stdout.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
};

/** A terminal that can draw over what it has drawn, and a person in front of it. */
export const live = () => {
  const { stdout, env } = terminal();
  if (stdout !== process.stdout) return false; // another's, which gets its words as they come
  return process.stdout.isTTY === true && env.TERM !== "dumb" && ["", "0", "false"].includes(env.CI ?? "");
};

// How this command line was called, so that a hint can be copied as it stands: a clone types `npm run jsrr --`.

/** Set by bin/dev.mjs, which is how a clone runs it. */
const givenOfCalled = "JSRR_CALLED";

export function called(): string {
  const { env } = terminal();
  return env[givenOfCalled] || (env.npm_lifecycle_event === "npx" ? "npx jsrr" : "jsrr");
}

/** Errors come from rooms that know `jsrr` only: what they say is to be run stands in backquotes, or begins a clause. */
export const asCalled = (text: string) => text.replace(/(?<=[`(]|[:;] )jsrr (?=[a-z])/g, `${called()} `);

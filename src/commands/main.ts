// One command line from its words to its exit code: what `jsrr` does, apart from being a process.
import { asCalled } from "./called.js";
import { exitCodeOf, explain } from "./failure.js";
import { note } from "./output.js";
import { program } from "./program.js";

export interface CommandLine {
  /** Resolves with the exit code, and never rejects: what went wrong is told on stderr. */
  run(): Promise<number>;
  /** Tells an error, and returns its exit code. */
  fail(error: unknown): number;
}

export function commandLine(given: readonly string[], version: string): CommandLine {
  /** What follows `--` is not ours to read. */
  const ours = given.includes("--") ? given.indexOf("--") : given.length;
  const isDebug = (word: string, at: number) => word === "--debug" && at < ours;
  const debug = given.some(isDebug);
  const words = given.filter((word, at) => !isDebug(word, at));

  const fail = (error: unknown) => {
    const text = explain(error, debug);
    if (text) note(asCalled(text));
    return exitCodeOf(error);
  };
  const run = () =>
    program(version)
      .parseAsync(words, { from: "user" })
      .then(() => 0, fail);
  return { run, fail };
}

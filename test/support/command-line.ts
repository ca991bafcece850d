// Runs a command line of the kit inside the test's own process, with streams and an environment of its own: for what a
// command says and does. What only a process has (signals, pipes, what keeps it from status) is tested with cli.ts.
import { Readable } from "node:stream";
import { inject } from "vitest";
import { commandLine, withTerminal } from "../internal/commands.js";
import { validResult } from "./valid-result.js";

export interface Told {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CommandLineOptions {
  /** The only variables that the command sees of its connection and its folders. */
  env?: NodeJS.ProcessEnv;
  /** What stdin holds; without it stdin is empty. */
  input?: string;
}

export async function jsrrHere(words: readonly string[], options: CommandLineOptions = {}): Promise<Told> {
  const { env, input = "" } = options;
  const told = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr") => ({
    write: (text: string) => {
      told[name] += text;
    },
  });
  const terminal = {
    stdin: Readable.from([Buffer.from(input)]),
    stdout: stream("stdout"),
    stderr: stream("stderr"),
    env: { XDG_STATE_HOME: inject("state"), NO_COLOR: "1", ...env },
  };
  const code = await withTerminal(terminal, () => commandLine(words, "1.2.3").run());
  validResult(words, code, told.stdout);
  return { code, ...told };
}

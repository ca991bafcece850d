// Command line in tests: as a process of its own (`jsrr`, `startJsrr`), or inside the test's process (`jsrrHere`).
// Both are away from the user's settings: no NATS_* variables, no colours, another state folder.
import { type ChildProcess, spawn } from "node:child_process";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";
import { commandLine, withTerminal } from "../internal/commands.js";
import { resultSchema } from "../internal/report.js";
import { endWithTheFile } from "./children.js";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

export interface CliOptions {
  /** Added to the environment; undefined removes. */
  env?: Record<string, string | undefined>;
  /** Written to stdin, which is closed afterwards; without it stdin is empty. */
  input?: string;
  /** Aborting it kills the process. */
  signal?: AbortSignal;
  cwd?: string;
}

export interface CliResult<Code extends number | null = number | null> {
  /** Null if a signal ended it. */
  code: Code;
  stdout: string;
  stderr: string;
}

/** A command that is still running. */
export interface CliProcess extends AsyncDisposable {
  child: ChildProcess;
  ended: Promise<CliResult>;
  /** Resolves with the match once stdout and stderr so far match; rejects if the process ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  signal(name: NodeJS.Signals): void;
}

/** Runs a command in a process: for signals, pipes and exit codes. */
export function jsrr(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startJsrr(args, options).ended;
}

export function startJsrr(args: readonly string[], options: CliOptions = {}): CliProcess {
  const { input, signal, cwd } = options;
  const child = spawn(process.execPath, [cli, ...args], { env: environment(options.env), signal, cwd });
  child.on("error", () => {}); // an abort; `ended` resolves all the same
  endWithTheFile(child);
  child.stdin.on("error", () => {}); // a command that ends without reading its input
  child.stdin.end(input ?? "");
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
      child.emit("said");
    });
  }
  const closed = new Promise<CliResult>((resolve) => {
    child.once("close", (code) => resolve({ code, ...output }));
  });
  const ended = closed.then((result) => {
    requireValidResult(args, result);
    return result;
  });
  return {
    child,
    ended,
    says: (pattern) => says(child, output, pattern),
    signal: (name) => void child.kill(name),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Runs a command in the test's own process: for what it prints and does. `env` holds all variables that it sees. */
export async function jsrrHere(
  args: readonly string[],
  { env, input = "" }: { env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<CliResult<number>> {
  const output = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr") => ({
    write: (text: string) => {
      output[name] += text;
    },
  });
  const terminal = {
    stdin: Readable.from([Buffer.from(input)]),
    stdout: stream("stdout"),
    stderr: stream("stderr"),
    env: { XDG_STATE_HOME: inject("state"), XDG_CONFIG_HOME: inject("state"), NO_COLOR: "1", ...env },
  };
  const code = await withTerminal(terminal, () => commandLine(args, "1.2.3").run());
  const result = { code, ...output };
  requireValidResult(args, result);
  return result;
}

/** Holds what `jsrr scenario --json` prints in any test to the schema of results. @throws if it is not valid. */
function requireValidResult([command, ...rest]: readonly string[], { code, stdout }: CliResult): void {
  const isResult = command === "scenario" && rest.includes("--json") && [0, 1, 2].includes(code ?? -1);
  if (!isResult || stdout === "") return;
  const [first] = [JSON.parse(stdout)].flat();
  const several: { result?: unknown }[] | undefined = first?.outcomes;
  if (several) for (const { result } of several) resultSchema.parse(result);
  else if (first?.format !== undefined) resultSchema.parse(first);
}

function says(
  child: ChildProcess,
  output: { stdout: string; stderr: string },
  pattern: RegExp,
): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const match = pattern.exec(output.stdout + output.stderr);
      if (match) settle(() => resolve(match));
    };
    const gone = () =>
      settle(() => reject(new Error(`It ended without saying ${pattern}:\n${output.stdout}${output.stderr}`)));
    const settle = (outcome: () => void) => {
      child.off("said", look).off("close", gone);
      outcome();
    };
    child.on("said", look).once("close", gone);
    look();
  });
}

function environment(more: CliOptions["env"] = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    // NATS_SERVER_BIN says which binary the tests run, not which server to talk to.
    ([name]) => (!name.startsWith("NATS_") || name === "NATS_SERVER_BIN") && name !== "FORCE_COLOR",
  );
  // Neither npx, if it started the tests, nor the step summary of a CI job is meant for their command lines.
  return {
    ...Object.fromEntries(own),
    GITHUB_STEP_SUMMARY: "",
    XDG_STATE_HOME: inject("state"),
    XDG_CONFIG_HOME: inject("state"),
    NO_COLOR: "1",
    npm_lifecycle_event: "",
    ...more,
  };
}

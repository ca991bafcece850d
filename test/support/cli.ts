// Runs the compiled command line as a real process, away from the user's settings: no NATS_* variables, no colours, and not
// their state folder.
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";
import { endWithTheFile } from "./children.js";
import { validResult } from "./valid-result.js";

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

export interface CliResult {
  /** Null when a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A command that is still running. */
export interface CliProcess extends AsyncDisposable {
  child: ChildProcess;
  ended: Promise<CliResult>;
  /** The match, once everything written to stdout and stderr so far matches; rejects when the process ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  signal(name: NodeJS.Signals): void;
}

export function jsrr(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startJsrr(args, options).ended;
}

export function startJsrr(args: readonly string[], options: CliOptions = {}): CliProcess {
  const { input, signal, cwd } = options;
  const child = spawn(process.execPath, [cli, ...args], { env: environment(options.env), signal, cwd });
  child.on("error", () => {}); // an abort; `ended` tells of it
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
    validResult(args, result.code, result.stdout);
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
      settle(() =>
        reject(new Error(`It ended without saying ${pattern}:\n${output.stdout}${output.stderr}`)),
      );
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
  // Whether the tests were started with npx is nothing to their command lines.
  // A job's summary is not for the runs of its tests.
  return {
    ...Object.fromEntries(own),
    GITHUB_STEP_SUMMARY: "",
    XDG_STATE_HOME: inject("state"),
    NO_COLOR: "1",
    npm_lifecycle_event: "",
    ...more,
  };
}

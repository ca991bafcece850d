// Runs the compiled command line as a real process, away from the user's settings: no NATS_* variables, no colours, and a
// state folder of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
// Not "jsrr-": that is the prefix of run folders, which a sweep may remove.
const state = mkdtempSync(join(tmpdir(), "test-state-of-jsrr-"));
// Within the test file's life: a worker of vitest is ended without an `exit` event.
afterAll(() => rmSync(state, { recursive: true, force: true }));

/** A test that runs out of time disposes nothing. */
const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
});

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
  running.add(child);
  child.once("close", () => running.delete(child));
  child.stdin.on("error", () => {}); // a command that ends without reading its input
  child.stdin.end(input ?? "");
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
      child.emit("said");
    });
  }
  const ended = new Promise<CliResult>((resolve) => {
    child.once("close", (code) => resolve({ code, ...output }));
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
  return { ...Object.fromEntries(own), XDG_STATE_HOME: state, NO_COLOR: "1", ...more };
}

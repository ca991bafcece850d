// The outside of a worker process: starts it, calls it, ends it.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { RunFolder } from "../kit-server.js";
import type { Answer, WorkerArguments } from "./protocol.js";

export interface Worker extends AsyncDisposable {
  pid: number;
  /** @throws what the worker's method threw, and when its process has ended. */
  call<T>(method: string, argument?: unknown): Promise<T>;
}

export interface WorkerOptions extends WorkerArguments {
  /** The compiled file under workers/ that is the process. */
  file: string;
  folder: RunFolder;
  execArgv?: string[];
}

/** Resolves when the process is ready. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { file, folder, execArgv = [], job, settings } = options;
  const path = fileURLToPath(new URL(file, import.meta.url));
  // What a worker prints goes to stderr: stdout may be one JSON document.
  const child = fork(path, [JSON.stringify({ job, settings })], { execArgv, stdio: ["ignore", 2, 2, "ipc"] });
  const pid = child.pid as number;
  folder.adopt(pid);
  const calls = new Calls(child, job);
  const worker: Worker = {
    pid,
    call: <T>(method: string, argument?: unknown) => calls.send(method, argument) as Promise<T>,
    [Symbol.asyncDispose]: () => end(child),
  };
  try {
    await calls.answer(0);
    return worker;
  } catch (error) {
    await end(child);
    throw error;
  }
}

class Calls {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  #last = 0;

  constructor(child: ChildProcess, job: string) {
    this.#child = child;
    child.on("message", (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ("error" in answer) waiting?.reject(new Error(`${job}: ${answer.error}`));
      else waiting?.resolve(answer.result);
    });
    child.once("exit", (code, signal) => {
      const error = new Error(`${job} ended by itself (${signal ?? `exit code ${code}`}).`);
      for (const { reject } of this.#waiting.values()) reject(error);
    });
  }

  send(method: string, argument: unknown): Promise<unknown> {
    const id = ++this.#last;
    const answer = this.answer(id);
    // A process that is gone answers nothing more; without a callback this error would end the benchmark unreleased.
    this.#child.send({ id, method, argument }, (error) => {
      if (error) this.#waiting.get(id)?.reject(error);
    });
    return answer;
  }

  answer(id: number): Promise<unknown> {
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    answer.catch(() => {}); // an interrupt ends the wait for it
    return answer;
  }
}

/** Closing the channel asks it to exit; a profile may take a moment to be written. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  if (child.connected) child.disconnect();
  const impatience = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await exited;
  clearTimeout(impatience);
}

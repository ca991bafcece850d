// The outside of one process of a schedule: starts it, asks it for things within a limit, signals it, and records how it ended.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type RunFolder, standstill } from "./kit-server.js";
import type { Order, ProcessArguments, Report } from "./processes/process.js";
import type { Write } from "./record.js";

export interface ActorOptions {
  name: string;
  file: "requester" | "responder";
  plan: object;
  servers: string;
  folder: RunFolder;
  /** Of the record. */
  recordFolder: string;
  write: Write;
}

interface Running {
  by: string;
  child: ChildProcess;
  exited: Promise<void>;
  reports: Set<Report>;
  onReport(): void;
  /** It was asked to end, or killed. */
  ending: boolean;
}

/** Of `processes/process.ts`, which is no module to import here: it would load the kit. */
const closedCode = 75;

/** A process ends at the latest so many milliseconds after it was asked to. */
const endMs = 15_000;

export class Actor {
  readonly name: string;
  readonly #options: ActorOptions;
  #count = 0;
  #beganAt: number | undefined;
  #running: Running | undefined;

  constructor(options: ActorOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get running(): boolean {
    return this.#running !== undefined;
  }

  start(beganAt?: number): void {
    const { name, file, plan, servers, folder, recordFolder, write } = this.#options;
    const by = `${name}.${++this.#count}`;
    this.#beganAt = beganAt;
    const args: ProcessArguments<object> = { by, folder: recordFolder, servers, plan };
    if (beganAt !== undefined) args.beganAt = beganAt;
    const path = fileURLToPath(new URL(`processes/${file}.js`, import.meta.url));
    const log = openSync(join(recordFolder, `${by}.log`), "a");
    // Detached: a Ctrl-C reaches the runner alone, which ends them all.
    const child = spawn(process.execPath, [path, JSON.stringify(args)], {
      stdio: ["ignore", log, log, "ipc"],
      detached: true,
    });
    closeSync(log);
    if (child.pid !== undefined) folder.adopt(child.pid);
    const exited = new Promise<void>((resolve) => {
      child.once("exit", (code, signal) => {
        const expected = running.ending && (code === 0 || signal === "SIGKILL");
        write({ e: "exit", process: by, code, signal, expected });
        if (this.#running === running) this.#running = undefined;
        running.onReport();
        resolve();
        if (!running.ending && code === closedCode) this.start(this.#beganAt);
      });
    });
    const running: Running = { by, child, exited, reports: new Set(), onReport: () => {}, ending: false };
    child.on("message", (done: Report) => {
      running.reports.add(done);
      running.onReport();
    });
    child.on("error", () => {}); // its exit says it
    this.#running = running;
  }

  send(order: Order): void {
    this.#running?.child.send(order, () => {});
  }

  /** Waits for a report of the present process; without one in time the process hangs, which is recorded. */
  async reported(done: Report, withinMs: number): Promise<boolean> {
    const running = this.#running;
    if (!running) return false;
    const came = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), withinMs);
      running.onReport = () => {
        if (this.#running === running && !running.reports.has(done)) return;
        clearTimeout(timer);
        resolve(running.reports.has(done));
      };
      running.onReport();
    });
    running.onReport = () => {};
    if (!came && this.#running === running) {
      this.#options.write({ e: "hung", process: running.by, doing: `report ${done} within ${withinMs} ms` });
    }
    return came;
  }

  /** Asks for something, and waits for its report. */
  async ask(order: Order, done: Report, withinMs: number): Promise<boolean> {
    this.#running?.reports.delete(done);
    this.send(order);
    return this.reported(done, withinMs);
  }

  async kill(): Promise<void> {
    if (!this.#running) return;
    this.#running.ending = true;
    this.#running.child.kill("SIGKILL");
    await this.#running.exited;
  }

  async pause(): Promise<void> {
    const child = this.#running?.child;
    if (child?.pid === undefined) return;
    child.kill("SIGSTOP");
    await standstill(child.pid);
  }

  resume(): void {
    this.#running?.child.kill("SIGCONT");
  }

  /** It ends by itself after the order; one that does not is killed, and recorded. */
  async end(order: Order): Promise<void> {
    const running = this.#running;
    if (!running) return;
    running.ending = true;
    this.send(order);
    const late = setTimeout(() => {
      this.#options.write({ e: "hung", process: running.by, doing: `${order.do} within ${endMs} ms` });
      running.child.kill("SIGKILL");
    }, endMs);
    await running.exited;
    clearTimeout(late);
  }
}

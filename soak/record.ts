// The record: append-only files of JSON lines, one file for each process, written before and after each step.
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { FaultName } from "./schedule.js";

/** What a call of a requester ended with. */
export interface CallEnd {
  outcome: "reply" | "timed-out" | "handle" | "error";
  /** With `reply`. */
  status?: string;
  text?: string;
  /** With `timed-out` and `handle`: of the handle. 0: unknown. */
  sequence?: number;
  /** With `timed-out`: what became of the request. */
  withdrawn?: string;
  /** With `timed-out`: what the requester found of the request. */
  evidence?: string;
  /** With `error`. */
  code?: string;
  message?: string;
}

export type Step =
  // Requesters. `call` is the number of the call, `id` the request id.
  | { e: "asked"; id: string; call: number; how: string; timeoutMs: number; onTimeout: string; task: object }
  | ({ e: "ended"; id: string; call: number } & CallEnd)
  | { e: "part"; id: string; call: number; part: number; text: string }
  | { e: "late"; id: string; status: string; text: string }
  | { e: "stored"; id: string; sequence: number; duplicate: boolean }
  | { e: "cancel-asked"; id: string; sequence: number }
  | { e: "cancelled"; id: string; sequence: number; outcome: string; status?: string; evidence?: string }
  | { e: "collect-asked"; id: string; requester: string; timeoutMs: number; final: boolean }
  | {
      e: "collected";
      id: string;
      requester: string;
      timeoutMs: number;
      final: boolean;
      status?: string;
      text?: string;
      parts?: string[];
      error?: string;
    }
  /** At the end, when nothing moves any more. */
  | { e: "located"; id: string; requester: string; where: string; evidence: string }
  | { e: "replay-asked"; id: string; letter: number }
  | { e: "replayed"; id: string; letter: number; outcome: string; sequence?: number; message?: string }
  // Responders. `sequence` is that of the delivered message in REQUESTS.
  | { e: "begun"; id: string; call: number; sequence: number; delivery: number }
  | { e: "effect"; id: string; call: number; sequence: number; delivery: number }
  | { e: "gave-up"; id: string; call: number; sequence: number; delivery: number; why: string }
  /** The responder cannot go on: its consumer was deleted. */
  | { e: "closed"; message: string }
  | { e: "drained"; left: readonly string[] }
  // Both.
  | { e: "started"; pid: number }
  /** The event loop did not run for so many milliseconds, up to this line: a handler computed, or the machine was busy. */
  | { e: "stalled"; forMs: number }
  | { e: "not-yet"; doing: string; message: string }
  | { e: "done" }
  /** The process cannot go on, or found something that may never happen. */
  | { e: "failed"; message: string }
  /** An event of the kit, for a reader of the record; no check reads it. */
  | { e: "kit"; event: object }
  // The runner.
  | { e: "fault"; fault: FaultName; target: string; forMs: number }
  | { e: "healed"; fault: FaultName; target: string }
  | { e: "phase"; phase: string }
  | { e: "exit"; process: string; code: number | null; signal: string | null; expected: boolean }
  /** A process did not do something in its time. */
  | { e: "hung"; process: string; doing: string };

/** Milliseconds since the epoch, and the process: `alice.1` is the second process of alice. */
export type Line = Step & { t: number; by: string };

export type Write = (step: Step) => void;

/** Each line is one write with O_APPEND: a killed process leaves whole lines. */
export class RecordFile implements Disposable {
  readonly #by: string;
  readonly #file: number;
  #closed = false;

  constructor(folder: string, by: string) {
    this.#by = by;
    this.#file = openSync(join(folder, `${by}.jsonl`), "a");
  }

  /** Nothing once it is closed: when a schedule fails, its processes end after it. */
  write: Write = (step) => {
    if (this.#closed) return;
    writeSync(this.#file, `${JSON.stringify({ t: Date.now(), by: this.#by, ...step })}\n`);
  };

  [Symbol.dispose](): void {
    this.#closed = true;
    closeSync(this.#file);
  }
}

/** All lines of a folder in the order of their time; of one process, in the order in which they were written. */
export function readRecord(folder: string): Line[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  const lines = files.flatMap((name) =>
    wholeLines(readFileSync(join(folder, name), "utf8")).map((line) => JSON.parse(line) as Line),
  );
  return lines.sort((a, b) => a.t - b.t);
}

/** A reader may see the beginning of a line that is being written. */
const wholeLines = (text: string) =>
  text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter(Boolean);

// Recorder: writes an actor's events to its own NDJSON file, each before the actor goes on.
import { closeSync, openSync, writeSync } from "node:fs";
import type { EventBody, HistoryEvent } from "./event.js";

export interface Recorder {
  /**
   * Stamps and appends one event, with the present time and the recorder's source unless `stamp` has others. It is in the file when this returns, also if the actor is killed next: the kernel has it.
   * @throws when it cannot be written.
   */
  record(body: EventBody, stamp?: { t?: number; source?: HistoryEvent["source"] }): HistoryEvent;
  /** Later calls of `record` throw. Closing twice is harmless. */
  close(): void;
}

/**
 * Opens `file` for appending. An actor that is started again takes a new file (`alice-2.ndjson`), so that a line
 * torn by its death stays the last of its file.
 * @param onEvent is called with each event after it was written.
 */
export function openRecorder(
  file: string,
  actor: string,
  onEvent?: (event: HistoryEvent) => void,
  source?: HistoryEvent["source"],
): Recorder {
  let fd: number | undefined = openSync(file, "a", 0o600);
  let n = 0;
  const close = () => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
  const record: Recorder["record"] = (body, stamp) => {
    if (fd === undefined) throw new Error(`Cannot record "${body.type}" in ${file}: the recorder is closed`);
    n += 1;
    const t = stamp?.t ?? monotonicMicroseconds();
    const event: HistoryEvent = { n, t, actor, source: stamp?.source ?? source, ...body };
    try {
      append(fd, `${JSON.stringify(event)}\n`);
    } catch (cause) {
      close(); // A line may be half written: nothing may follow it.
      throw unwritable(file, cause);
    }
    onEvent?.(event);
    return event;
  };
  return { record, close };
}

/** The monotonic clock starts with the machine, so microseconds stay exact in a number for 285 years. */
export function monotonicMicroseconds(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

function append(fd: number, line: string): void {
  let rest = Buffer.from(line);
  while (rest.length > 0) rest = rest.subarray(writeSync(fd, rest));
}

function unwritable(file: string, cause: unknown): Error {
  const code = (cause as NodeJS.ErrnoException).code;
  const why = code === "ENOSPC" ? "the disk is full (ENOSPC)" : (cause as Error).message;
  return new Error(`Cannot record in ${file}: ${why}; the history ends here`, { cause });
}

/** Characters of a request's payload that is recorded: the check `reply-matches` compares the reply with it. */
export const longestPayload = 1_024;

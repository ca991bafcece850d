// Own events: what an external actor says of itself, a line of JSON each, in the file that `$JSRR_HISTORY` names.
import { closeSync, type FSWatcher, openSync, readSync, watch } from "node:fs";
import { basename } from "node:path";
import { z } from "zod";
import type { EventBody } from "../history/event.js";
import { linkEventTypes } from "../history/event.js";
import { jsonOf } from "../history/read.js";
import { monotonicMicroseconds } from "../history/recorder.js";
import { statuses } from "../protocol/events.js";

const line = z.looseObject({
  type: z.enum(linkEventTypes, `a \`type\` of ${linkEventTypes.join(", ")}`),
  request: z.string("the id of a `request`").min(1, "the id of a `request`"),
  t: z.int("a time `t` in whole microseconds").optional(),
  status: z.enum(statuses, `a \`status\` of ${statuses.join(", ")}`).optional(),
  delivery: z.int("a whole number as `delivery`").min(1, "a `delivery` from 1").optional(),
});

interface OwnEventsOptions {
  /** It exists. */
  file: string;
  record(event: EventBody, t: number): void;
  /** Whether another source has shown this effect of the request already. */
  isShown(request: string): boolean;
  onBroken(at: string, reason: string): void;
}

type Line = z.output<typeof line>;

const clockText = "a time `t` of the machine's monotonic clock, in microseconds, from the line before until now";
const newline = 10;

/**
 * The file is read as it grows, and once more when the actor has ended. The first line that is no event breaks the record: nothing
 * after it is read. A last line without its end is dropped if the actor was killed.
 *
 * The clock is the machine's monotonic one, in microseconds (`CLOCK_MONOTONIC`), as in the whole history. A line without `t` gets
 * the time at which it is read.
 */
export class OwnEvents {
  readonly #options: OwnEventsOptions;
  readonly #since = monotonicMicroseconds();
  #ended = false;
  readonly #fd: number;
  readonly #watcher: FSWatcher | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #lines = 0;
  /** The last `t` of a line, and the last time of an event. */
  #lastGiven = this.#since;
  #lastRecorded = this.#since;
  #broken = false;

  constructor(options: OwnEventsOptions) {
    this.#options = options;
    this.#fd = openSync(options.file, "r");
    this.#watcher = watched(options.file, () => this.#read());
  }

  /** @param killed: its last line may be torn. */
  end(killed: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#watcher?.close();
    this.#read();
    closeSync(this.#fd);
    const rest = this.#rest.toString();
    if (rest !== "" && !(killed && jsonOf(rest) === undefined)) this.#take([rest]);
  }

  #read(): void {
    const chunk = Buffer.allocUnsafe(65_536);
    for (let n = readSync(this.#fd, chunk); n > 0; n = readSync(this.#fd, chunk)) {
      const data = Buffer.concat([this.#rest, chunk.subarray(0, n)]);
      const end = data.lastIndexOf(newline);
      this.#rest = data.subarray(end + 1);
      if (end >= 0) this.#take(data.toString("utf8", 0, end).split("\n"));
    }
  }

  #take(texts: readonly string[]): void {
    const lines = texts.map((text) => this.#parse(text)).filter((one) => one !== undefined);
    // A line without `t` was written before the next one that has it.
    let t = monotonicMicroseconds();
    const times = lines.toReversed().map((one) => (t = one.t ?? t));
    lines.forEach((one, i) => {
      this.#lastRecorded = Math.max(this.#lastRecorded, times.at(-1 - i) as number);
      this.#options.record(this.#eventOf(one), this.#lastRecorded);
    });
  }

  /** Undefined after the first line that is no event. */
  #parse(text: string): Line | undefined {
    this.#lines++;
    if (this.#broken) return undefined;
    const { data, error } = line.safeParse(jsonOf(text) ?? null);
    const { t = this.#lastGiven } = data ?? {};
    if (data && t >= this.#lastGiven && t <= monotonicMicroseconds()) {
      this.#lastGiven = t;
      return data;
    }
    this.#broken = true;
    const isEvent = error === undefined || (error.issues[0]?.path.length ?? 0) > 0;
    const expected = data ? clockText : isEvent ? error?.issues[0]?.message : "one event in JSON";
    this.#options.onBroken(
      `${basename(this.#options.file)}:${this.#lines}`,
      `expected ${expected}, got ${text.slice(0, 120)}`,
    );
    return undefined;
  }

  #eventOf({ type, request, status, delivery }: Line): EventBody {
    if (type === "executed" && !this.#options.isShown(request)) return { type, request, delivery: delivery ?? 1 };
    return { type: "reported", request, event: type, status, delivery };
  }
}

/** Undefined if the system refuses a watch (Linux limits them per user): the file is read at the end then. */
function watched(file: string, changed: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(file, changed);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}

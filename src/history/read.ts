// History reader: reads a run's NDJSON files back into one history.
import { closeSync, existsSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { causalOrder } from "./causal-order.js";
import type { EventType, HistoryEvent } from "./event.js";
import { eventKinds } from "./event-table.js";

/** A history that cannot be read. The message names the file, the line where there is one, and what was expected. */
export class HistoryDamagedError extends Error {
  override readonly name = "HistoryDamagedError";
}

/**
 * All events of the `*.ndjson` files in a folder, in causal order. A last line that a killed actor
 * did not finish is left out.
 * @throws HistoryDamagedError for anything else that is not an event.
 */
export function readHistory(folder: string): HistoryEvent[] {
  return merge(readRecorded(folder).files);
}

/** The same events, file by file. `faults`: a file has events of another actor. `torn`: a file ends in a torn line although its actor was stopped. */
export function readRecorded(folder: string): { files: HistoryEvent[][]; faults: string[]; torn: string[] } {
  const names = readdirSync(folder).filter((name) => name.endsWith(".ndjson"));
  const strings: Strings = new Map();
  const files: HistoryEvent[][] = [];
  const faults: string[] = [];
  const torn: { file: string; actor: string }[] = [];
  for (const file of names.sort()) {
    const reader = new ActorFile(join(folder, file), strings);
    const own = [...reader.readNew(), ...reader.readEnd()];
    const actor = own[0]?.actor ?? "";
    if (reader.torn) torn.push({ file, actor });
    const other = own.find((event) => event.actor !== actor);
    if (other || !file.startsWith(actor)) faults.push(`${file} has events of ${other?.actor ?? actor}`);
    files.push(own);
  }
  const stopped = new Set(files.flat().flatMap((event) => (event.type === "actor-stopped" ? [event.name] : [])));
  const ends = torn.filter(({ actor }) => stopped.has(actor)).map(({ file }) => `${file} ends in a torn line`);
  return { files, faults, torn: ends };
}

/** One history out of several actors' events: by time (for equal times by actor and its own count), and each cause before its effects. */
export function merge(parts: readonly (readonly HistoryEvent[])[]): HistoryEvent[] {
  return causalOrder(parts.flat().sort((a, b) => a.t - b.t || compare(a.actor, b.actor) || a.n - b.n));
}

/** By code unit, so that the order is the same under every locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The events of one file, as `readHistory` reads them. An actor killed before its first event has no file. */
export function readActorFile(file: string, strings: Strings = new Map()): HistoryEvent[] {
  const reader = new ActorFile(file, strings);
  return [...reader.readNew(), ...reader.readEnd()];
}

/** One copy of each text that comes in many events: thousands of requests have ten events each. */
export type Strings = Map<string, string>;

/** Their values are few: names, types, and mostly the payloads. */
const repeated = ["actor", "type", "as", "subject", "strategy", "stream", "status", "payload"] as const;

/** Longer payloads are seldom the same. */
const longestShared = 64;

const chunkBytes = 1 << 20;

/** An actor's file, read from where the last read ended: its actor may go on writing. */
export class ActorFile {
  readonly #file: string;
  readonly #strings: Strings;
  #offset = 0;
  #lines = 0;
  /** Whether its last line was not finished; known after `readEnd`. */
  torn = false;
  /** The bytes after the last newline. */
  #rest = Buffer.alloc(0);

  constructor(file: string, strings: Strings = new Map()) {
    this.#file = file;
    this.#strings = strings;
  }

  /** The events of the lines that were finished since. */
  readNew(): HistoryEvent[] {
    const events: HistoryEvent[] = [];
    if (!existsSync(this.#file)) return events;
    const fd = openSync(this.#file, "r");
    try {
      const chunk = Buffer.allocUnsafe(chunkBytes);
      for (let n = readSync(fd, chunk, 0, chunkBytes, this.#offset); n > 0; ) {
        this.#offset += n;
        this.#take(chunk.subarray(0, n), events);
        n = readSync(fd, chunk, 0, chunkBytes, this.#offset);
      }
    } finally {
      closeSync(fd);
    }
    return events;
  }

  /** The event of a last line that only lacks its newline, when its actor has ended; none of a torn one. */
  readEnd(): HistoryEvent[] {
    const line = this.#rest.toString();
    this.#rest = Buffer.alloc(0);
    this.torn = line !== "" && jsonOf(line) === undefined;
    return jsonOf(line) === undefined ? [] : [this.#parse(line)];
  }

  #take(bytes: Buffer, events: HistoryEvent[]): void {
    const data = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    let start = 0;
    for (let end = data.indexOf(newline); end >= 0; end = data.indexOf(newline, start)) {
      events.push(this.#parse(data.toString("utf8", start, end)));
      start = end + 1;
    }
    this.#rest = Buffer.from(data.subarray(start));
  }

  #parse(line: string): HistoryEvent {
    this.#lines++;
    const event = parseEvent(line, `${this.#file}:${this.#lines}`);
    this.#share(event as unknown as Record<string, unknown>, repeated);
    if (event.type === "replies-read") {
      for (const reply of event.replies) this.#share(reply as unknown as Record<string, unknown>, repeated);
    }
    if ("request" in event) event.request = this.#shared(event.request);
    return event;
  }

  #share(object: Record<string, unknown>, keys: readonly string[]): void {
    for (const key of keys) {
      const value = object[key];
      if (typeof value === "string" && value.length <= longestShared) object[key] = this.#shared(value);
    }
  }

  #shared(text: string): string {
    const known = this.#strings.get(text);
    if (known === undefined) this.#strings.set(text, text);
    return known ?? text;
  }
}

const newline = 10;

/** Undefined if it is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseEvent(line: string, place: string): HistoryEvent {
  const event = jsonOf(line) as Record<string, unknown> | null | undefined;
  const reject = (what: string) => new HistoryDamagedError(`${place}: expected ${what}, got ${line.slice(0, 120)}`);
  if (event === undefined) throw reject("one event in JSON");
  if (typeof event !== "object" || event === null) throw reject("an event");
  if (!Number.isFinite(event.n) || !Number.isFinite(event.t)) throw reject("an event with numbers `n` and `t`");
  if (typeof event.actor !== "string") throw reject("an event with an `actor`");
  if (typeof event.type !== "string" || !Object.hasOwn(eventKinds, event.type)) throw reject("a known event `type`");
  const needsRequest = eventKinds[event.type as EventType] === "request";
  if (needsRequest && typeof event.request !== "string") throw reject("the id of a `request`");
  return event as unknown as HistoryEvent;
}

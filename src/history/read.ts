// History reader: reads a run's NDJSON files back into one history.
import { existsSync, readdirSync, readFileSync } from "node:fs";
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
  const files = readdirSync(folder).filter((name) => name.endsWith(".ndjson"));
  return merge(files.sort().map((name) => readActorFile(join(folder, name))));
}

/** One history out of several actors' events: by time (for equal times by actor and its own count), and each cause before its effects. */
export function merge(parts: readonly (readonly HistoryEvent[])[]): HistoryEvent[] {
  return causalOrder(parts.flat().sort((a, b) => a.t - b.t || compare(a.actor, b.actor) || a.n - b.n));
}

/** By code unit, so that the order is the same under every locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The events of one file, as `readHistory` reads them. An actor killed before its first event has no file.
 * @param after is how many of them are known already: they are left out.
 */
export function readActorFile(file: string, after = 0): HistoryEvent[] {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  // A finished line ends in a newline, so what follows the last newline is empty or torn.
  if (jsonOf(lines.at(-1) ?? "") === undefined) lines.pop();
  return lines.slice(after).map((line, i) => parseEvent(line, `${file}:${after + i + 1}`));
}

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

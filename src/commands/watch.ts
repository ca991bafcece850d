// `--watch`: plays a file now and whenever its text has changed, until somebody interrupts.

import { readFileSync } from "node:fs";
import { watch } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { readScenarioText } from "../scenario/load.js";
import { explain } from "./errors.js";
import { asCalled, note } from "./terminal.js";

/**
 * Editors write a file in several steps, or put another in its place: so the folder is watched, and what counts is that
 * the text is another than the one played last. What changes during a run is played after it.
 * @returns at the first signal while it waits. @throws Interrupted where the signal came during a run, and
 * ScenarioInvalidError where there is no such file to begin with.
 */
export async function wheneverChanged(
  file: string,
  play: () => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  await readScenarioText(file);
  const changes = changesOf(file, signal);
  // Begun before the first run, so that no change is missed.
  let change = next(changes);
  let played: string | undefined | null = null;
  while (!signal.aborted) {
    const text = textOf(file);
    if (played === null || (text !== undefined && text !== played)) {
      played = text;
      await playAndTell(play, signal);
      note(`\nWatching ${file}: it is run again when it changes; Ctrl-C ends.`);
    }
    await change;
    change = next(changes);
  }
}

/** A folder that cannot be watched is told when it is awaited, and not before the run has ended. */
function next(changes: AsyncGenerator<void, void>): Promise<unknown> {
  const change = changes.next();
  change.catch(() => {});
  return change;
}

/** Ends with the signal. */
async function* changesOf(file: string, signal: AbortSignal): AsyncGenerator<void, void> {
  try {
    for await (const { filename } of watch(dirname(file), { signal }))
      if (filename === null || filename === basename(file)) yield;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Undefined while there is nothing: an editor is half way, and there is another event when it is done. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8") || undefined;
  } catch {
    return undefined;
  }
}

/** Somebody is working on the file: its problems, and a run that could not be made, are told, and no reason to end. */
async function playAndTell(play: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  try {
    await play();
  } catch (error) {
    if (signal.aborted) throw error;
    note(asCalled(explain(error, false)));
  }
}

// `--watch`: runs a scenario file now and whenever its text changes, until a signal.
import { readFileSync } from "node:fs";
import { watch } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { readScenarioText } from "../../scenario/load.js";
import { explain } from "../errors.js";
import { asCalled, note } from "../terminal.js";

/**
 * Editors write a file in several steps, or rename another one over it: so this watches the folder, and compares the text
 * with the last one it ran. A change during a run starts the next run after it.
 * @returns at a signal between two runs. @throws Interrupted at a signal during a run, and ScenarioInvalidError if the file
 * does not exist at the start.
 */
export async function wheneverChanged(file: string, play: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  await readScenarioText(file);
  const changes = changesOf(file, signal);
  // Begun before the first run, so that no change is missed.
  let change = next(changes);
  let played: string | undefined | null = null;
  while (!signal.aborted) {
    const text = textOf(file);
    if (played === null || (text !== undefined && text !== played)) {
      played = text;
      await playOrPrint(play, signal);
      note(`\nWatching ${file}: it is run again when it changes; Ctrl-C ends.`);
    }
    await change;
    change = next(changes);
  }
}

/** A folder that cannot be watched rejects when it is awaited, after the run. */
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

/** Undefined if it is empty or missing: an editor is half way, and another event follows. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8") || undefined;
  } catch {
    return undefined;
  }
}

/** An error of the file or of the run is printed and does not end the watch: the next version may be right. */
async function playOrPrint(play: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  try {
    await play();
  } catch (error) {
    if (signal.aborted) throw error;
    note(asCalled(explain(error, false)));
  }
}

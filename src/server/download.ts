// Downloads one URL to a file. Gives up when nothing has come for a while, so that a network that swallows everything fails
// in seconds and a slow one does not fail at all.
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** `stallMs` is the longest silence: for the connection, for the first byte, and between any two chunks. */
export async function download(url: string, file: string, stallMs: number): Promise<void> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error(`nothing came for ${stallMs / 1000} s`)), stallMs);
  try {
    const response = await fetch(url, { signal: silence.signal });
    if (!response.ok || response.body === null) throw new Error(`it answered ${response.status}`);
    const chunks = Readable.fromWeb(response.body);
    chunks.on("data", () => timer.refresh());
    await pipeline(chunks, createWriteStream(file));
  } catch (cause) {
    throw new Error(`${url} could not be downloaded: ${reasonOf(cause as Error)}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** Node's fetch says "fetch failed" and keeps the reason to itself, one level down. */
function reasonOf(error: Error): string {
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  return cause?.code ?? cause?.message ?? error.message;
}

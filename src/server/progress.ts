// What the user sees of a fetch: a line before, a line after, and one every two seconds between, so that a slow network
// never looks like a hang.
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { ServerBinary } from "./binary.js";
import { PINNED_VERSION } from "./pinned.js";

const EVERY_MS = 2_000;

export async function withProgress(
  say: (line: string) => void,
  { origin, size }: { origin: string; size: string },
  work: () => Promise<ServerBinary>,
): Promise<ServerBinary> {
  const began = performance.now();
  const seconds = (digits: number) => ((performance.now() - began) / 1000).toFixed(digits);
  say(`fetching nats-server ${PINNED_VERSION} from ${origin} (${size}, once)`);
  const ticker = setInterval(
    () => say(`still fetching nats-server ${PINNED_VERSION} (${seconds(0)} s)`),
    EVERY_MS,
  );
  try {
    const binary = await work();
    const megabytes = ((await stat(binary.path)).size / 1e6).toFixed(1);
    say(`nats-server ${PINNED_VERSION} is in ${dirname(binary.path)} (${megabytes} MB in ${seconds(1)} s)`);
    return binary;
  } catch (error) {
    say(`no nats-server from ${origin}: ${(error as Error).message}`);
    throw error;
  } finally {
    clearInterval(ticker);
  }
}

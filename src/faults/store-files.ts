// The file store of a stream: its block files, damage while the server is down, and how many messages are still readable.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { JetStreamManager } from "@nats-io/jetstream";
import { until } from "../common/until.js";
import { orGone, orUnavailable } from "../server/index.js";
import { labelOf, managerOf, type Target, type TargetNode } from "./fault.js";

/** The kit's servers have only the global account. */
const streamsOf = (storeDir: string) => join(storeDir, "jetstream", "$G", "streams");

/** The stream's message blocks, oldest first. @throws if it has none on disk. */
export function blocksOf({ storeDir, name }: TargetNode, stream: string): string[] {
  const folder = join(streamsOf(storeDir), stream, "msgs");
  let files: string[] = [];
  try {
    files = readdirSync(folder).filter((file) => /^\d+\.blk$/.test(file));
  } catch {
    // An error below.
  }
  if (files.length === 0)
    throw new Error(`${stream} has no blocks on the disk of ${name}: it needs \`storage: file\`.`);
  return files.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).map((file) => join(folder, file));
}

const readsAtOnce = 100;

/** Counts messages by reading each: the count in the stream's state ignores a flipped bit. */
async function countByReading(jsm: JetStreamManager, stream: string): Promise<number> {
  const { state } = await jsm.streams.info(stream);
  let readable = 0;
  for (let from = state.first_seq; from <= state.last_seq; from += readsAtOnce) {
    const length = Math.min(readsAtOnce, state.last_seq - from + 1);
    const read = Array.from({ length }, (_, n) => jsm.streams.getMessage(stream, { seq: from + n }).catch(() => null));
    readable += (await Promise.all(read)).filter((message) => message !== null).length;
  }
  return readable;
}

/**
 * Stops a node, calls `damage`, starts the node again, and records how many messages are still readable. A stream that does not
 * answer, for example because its servers have no majority, is not counted.
 */
export async function whileDown(
  target: Target,
  node: TargetNode,
  stream: string,
  damage: () => unknown,
  down: "kill" | "stop" = "kill",
): Promise<void> {
  const before = await orUnavailable(countByReading(await managerOf(target, node.name), stream));
  await node[down]();
  try {
    await damage();
  } finally {
    await node.restart();
  }
  if (before === undefined) return;
  const after = await orUnavailable(onceBack(target, node, stream));
  if (after !== undefined) target.record({ type: "messages-counted", stream, before, after });
}

/** The laboratory's connection reconnects at intervals. */
const backMs = 20_000;
const answerMs = 500;
const pollMs = 25;

/** Counts as soon as the server answers. A request that was sent while the connection broke has no answer: hence the polling. */
async function onceBack(target: Target, node: TargetNode, stream: string): Promise<number> {
  const jsm = await managerOf(target, node.name, answerMs);
  const count = async () => {
    if (!(await orGone(jsm.streams.info(stream), undefined))) return 0; // the stream is gone
    return countByReading(await managerOf(target, node.name), stream);
  };
  const late = `${stream} could not be read on ${labelOf(node)} after its start`;
  return until(count, { everyMs: pollMs, withinMs: backMs, late });
}

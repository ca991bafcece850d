// A file store on disk, for the faults that damage it: where a stream keeps its blocks, and how much of it can be read.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { JetStreamManager } from "@nats-io/jetstream";
import { until } from "../common/until.js";
import { orGone } from "../server/ready.js";
import { called, managerOf, type Target, type TargetNode } from "./fault.js";

/** The kit's servers have no accounts of their own: all is in the global one. */
const streamsOf = (storeDir: string) => join(storeDir, "jetstream", "$G", "streams");

/** The stream's message blocks, oldest first. @throws where it has none on disk. */
export function blocksOf({ storeDir, name }: TargetNode, stream: string): string[] {
  const folder = join(streamsOf(storeDir), stream, "msgs");
  let files: string[] = [];
  try {
    files = readdirSync(folder).filter((file) => /^\d+\.blk$/.test(file));
  } catch {
    // Told below.
  }
  if (files.length === 0)
    throw new Error(`${stream} has no blocks on the disk of ${name}: it needs \`storage: file\`.`);
  return files
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .map((file) => join(folder, file));
}

/** As many at once as keep the server busy. */
const atOnce = 100;

/** Messages counted by reading each: the stream's own number may be wrong (a flipped bit leaves it as it was). */
async function countByReading(jsm: JetStreamManager, stream: string): Promise<number> {
  const { state } = await jsm.streams.info(stream);
  let readable = 0;
  for (let from = state.first_seq; from <= state.last_seq; from += atOnce) {
    const length = Math.min(atOnce, state.last_seq - from + 1);
    const read = Array.from({ length }, (_, n) =>
      jsm.streams.getMessage(stream, { seq: from + n }).catch(() => null),
    );
    readable += (await Promise.all(read)).filter((message) => message !== null).length;
  }
  return readable;
}

/** Does something to a stopped node's store, starts the node again, and records how much can still be read. */
export async function whileDown(
  target: Target,
  node: TargetNode,
  stream: string,
  damage: () => unknown,
  down: "kill" | "stop" = "kill",
): Promise<void> {
  const before = await countByReading(await managerOf(target, node.name), stream);
  await node[down]();
  try {
    await damage();
  } finally {
    await node.restart();
  }
  const after = await onceBack(target, node, stream);
  target.record({ type: "messages-counted", stream, before, after });
}

/** For the laboratory's connection to find the server again, which it tries at intervals. */
const backMs = 20_000;
const answerMs = 500;
const pollMs = 25;

/** Counts as soon as the started server answers: what was asked while the connection broke is never answered. */
async function onceBack(target: Target, node: TargetNode, stream: string): Promise<number> {
  const jsm = await managerOf(target, node.name, answerMs);
  const count = async () => {
    if (!(await orGone(jsm.streams.info(stream), undefined))) return 0; // gone, and so holds nothing
    return countByReading(await managerOf(target, node.name), stream);
  };
  const late = `${stream} could not be read on ${called(node)} after its start`;
  return until(count, { everyMs: pollMs, withinMs: backMs, late });
}

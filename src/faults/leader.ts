// Who leads a stream, and who leads it after a fault: shared by the faults that take the leader away.
import { setTimeout as passed } from "node:timers/promises";
import { managerOf, nodeOf, type Target, type TargetNode } from "./target.js";

/** The server tells of an election in an advisory that may get lost with its leader, so it is asked. */
const pollMs = 25;
/** A server that needs longer to answer has no leader to ask. */
const answerMs = 500;
/** A killed leader is missed after 4 s at the least (the servers' election time-out), a frozen one up to 22 s. */
const electionMs = 30_000;

export interface Leadership {
  stream: string;
  leader: TargetNode;
  /** Takes the leader away, waits for another, and records it. @throws where there is none within 30 s. */
  take(away: () => Promise<unknown>): Promise<void>;
}

/** @throws where the stream has no leader, or is not replicated. */
export async function leadershipOf(target: Target, stream: string): Promise<Leadership> {
  const { cluster } = await (await managerOf(target)).streams.info(stream);
  if (!cluster?.leader || !cluster.replicas?.length) {
    throw new Error(
      `${stream} has one copy, and so no leader that another could replace: it needs 3 replicas.`,
    );
  }
  const leader = nodeOf(target, cluster.leader);
  const other = target.nodes.find((node) => node !== leader && node.running) as TargetNode;
  const witness = await managerOf(target, other.name, answerMs); // connected before the leader is gone
  const ask = async () => (await witness.streams.info(stream).catch(() => undefined))?.cluster?.leader;
  const take = async (away: () => Promise<unknown>) => {
    const started = performance.now();
    await away();
    for (;;) {
      const to = await ask();
      const afterMs = Math.round(performance.now() - started);
      if (to && to !== leader.name) {
        target.record({ type: "leader-changed", stream, from: leader.name, to, afterMs });
        return;
      }
      if (afterMs > electionMs) throw new Error(`${stream} had no new leader within ${electionMs / 1000} s.`);
      await passed(pollMs);
    }
  };
  return { stream, leader, take };
}

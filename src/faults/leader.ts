// Who leads a stream, and who leads it after a fault: shared by the faults that take the leader away.
import { until } from "../time/until.js";
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
  const another = async () => {
    const to = (await witness.streams.info(stream)).cluster?.leader;
    return to && to !== leader.name ? to : undefined;
  };
  const take = async (away: () => Promise<unknown>) => {
    const started = performance.now();
    await away();
    const late = `${stream} had no new leader`;
    const to = await until(another, { everyMs: pollMs, withinMs: electionMs, late });
    const afterMs = Math.round(performance.now() - started);
    target.record({ type: "leader-changed", stream, from: leader.name, to, afterMs });
  };
  return { stream, leader, take };
}

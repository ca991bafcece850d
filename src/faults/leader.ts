// Who leads a stream, and who leads it after a fault: shared by the faults that take the leader away.
import { claimedLeader } from "./claimed-leader.js";
import type { Target, TargetNode } from "./target.js";

export interface Leadership {
  stream: string;
  leader: TargetNode;
  /** Takes the leader away, waits for another, and records it. @throws where there is none within 30 s. */
  take(away: () => Promise<unknown>): Promise<void>;
}

/** @throws where the stream has no leader within 30 s, or is not replicated. */
export async function leadershipOf(target: Target, stream: string): Promise<Leadership> {
  const { leader } = await claimedLeader(target, stream);
  const take = async (away: () => Promise<unknown>) => {
    const started = performance.now();
    await away();
    const { leader: to, at } = await claimedLeader(target, stream, leader);
    const afterMs = Math.round(at - started);
    target.record({ type: "leader-changed", stream, from: leader.name, to: to.name, afterMs });
  };
  return { stream, leader, take };
}

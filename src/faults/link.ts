// Faults of links: a condition on every link between two names, until it is healed.
import type { Condition } from "../link/index.js";
import { anyOf, type Evidence, heldBack, slowed } from "./evidence.js";
import type { Injected, Target, TargetLink } from "./fault.js";

export async function applyCondition(
  target: Target,
  [a, b]: readonly [string, string],
  condition: Condition,
  what: string,
  bit: Evidence,
): Promise<Injected> {
  return { what: `${what} between ${a} and ${b}`, heal: await applyTo(target.links(a, b), condition), bit };
}

/** @returns what takes the condition away again. */
export async function applyTo(links: readonly TargetLink[], condition: Condition): Promise<() => Promise<void>> {
  const restores = await Promise.all(links.map((link) => link.apply(condition)));
  return async () => void (await Promise.all(restores.map((restore) => restore())));
}

/**
 * A slow link. It shows in the round trips of an actor; between two servers, in the messages that the link held back.
 * `leastMs`: the least additional time of a request and its PubAck.
 */
export async function slowLink(
  target: Target,
  between: readonly [string, string],
  condition: Condition,
  what: string,
  leastMs: number,
): Promise<Injected> {
  const bit = anyOf(slowed(between, leastMs), heldBack(between));
  const unwatch = watchRoute(target, between, leastMs / 2);
  const { heal, ...injected } = await applyCondition(target, between, condition, what, bit);
  return {
    ...injected,
    heal: async () => {
      unwatch();
      await heal?.();
    },
  };
}

/** Heartbeats pass a route all the time. Only a subject of requests or replies shows that the fault had an effect. */
const ofRequests = /\b(requests|replies)\.[\w-]/;

/** Between two servers: records the first message that is held back for so long. @returns what ends the watch. */
function watchRoute(target: Target, [a, b]: readonly [string, string], leastMs: number): () => void {
  const isNode = (name: string) => target.nodes.some((node) => node.name === name);
  const links = isNode(a) && isNode(b) ? target.links(a, b) : [];
  const ends = links.map((link) => {
    const end = link.watch((bytes, ms) => {
      if (ms < Math.max(1, leastMs) || !ofRequests.test(bytes.toString("latin1"))) return;
      end();
      target.record({ type: "message-held-back", between: [a, b], heldMs: Math.round(ms) });
    });
    return end;
  });
  return () => {
    for (const end of ends) end();
  };
}

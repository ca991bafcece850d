// What the faults of links have in common: a condition on every link between two names, until it is healed.
import type { Condition } from "../link/index.js";
import { anyOf, type Evidence, heldBack, slowed } from "./evidence.js";
import type { Injected, Target } from "./fault.js";

export async function spoil(
  target: Target,
  [a, b]: readonly [string, string],
  condition: Condition,
  what: string,
  bit: Evidence,
): Promise<Injected> {
  const restores = await Promise.all(target.links(a, b).map((link) => link.apply(condition)));
  const heal = async () => void (await Promise.all(restores.map((restore) => restore())));
  return { what: `${what} between ${a} and ${b}`, heal, bit };
}

// A link on which everything takes longer, and how that shows: at an actor's end by its round trips, and between two servers,
// where no actor is, by what the link itself held back.

/** `leastMs`: so much longer takes a request and its confirmation, there and back, at the least. */
export async function slow(
  target: Target,
  between: readonly [string, string],
  condition: Condition,
  what: string,
  leastMs: number,
): Promise<Injected> {
  const bit = anyOf(slowed(between, leastMs), heldBack(between));
  const unwatch = watchRoute(target, between, leastMs / 2);
  const { heal, ...injected } = await spoil(target, between, condition, what, bit);
  return {
    ...injected,
    heal: async () => {
      unwatch();
      await heal?.();
    },
  };
}

/** Heartbeats pass a route all the time: only what names a subject of requests or replies shows that the fault mattered. */
const ofRequests = /\b(requests|replies)\.[\w-]/;

/** Between two servers; notes the first message that is held back for so long. */
function watchRoute(target: Target, [a, b]: readonly [string, string], leastMs: number): () => void {
  const isNode = (name: string) => target.nodes.some((node) => node.name === name);
  if (!isNode(a) || !isNode(b)) return () => {};
  const ends = target.links(a, b).map((link) => {
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

// Injection of one fault: records it in the history, and heals it at most once.
import type { EventBody, HistoryEvent } from "../history/event.js";
import { monotonicMicroseconds as now } from "../history/recorder.js";
import type { Fault, Target } from "./fault.js";
import { serverWithRole } from "./leader.js";

export interface ActiveFault {
  name: string;
  /** Counts the injections of a run from 1. */
  id: number;
  /** Harmless the second time. */
  heal(): Promise<void>;
  /** The effect of this injection, by the whole history of the run; undefined if the history shows none. */
  bit(history: readonly HistoryEvent[]): string | undefined;
}

/** A fault without `heal` must show its effect within this time. A later break has another cause. */
const momentUs = 2_000_000;

/** `options`: as parsed by the fault's schema. @throws one sentence if it cannot be injected. */
export async function injectFault<Options>(
  name: string,
  fault: Fault<Options>,
  options: Options,
  target: Target,
  id = 1,
): Promise<ActiveFault> {
  const located = await withServers(target, options);
  const injectedAt = now();
  let healedAt = Number.POSITIVE_INFINITY;
  // The history has causes first: events that the fault records before its announcement wait for it.
  const early: EventBody[] = [];
  let announced = false;
  const announce = (what: string) => {
    if (announced) return;
    announced = true;
    target.record({ type: "fault-injected", fault: name, id, what });
    for (const event of early.splice(0)) target.record(event);
  };
  const record = (event: EventBody) => (announced ? target.record(event) : void early.push(event));
  const injected = await fault.inject({ ...target, record }, located, announce);
  announce(injected.what);
  if (!injected.heal) healedAt = now() + momentUs;
  let healed = false;
  return {
    name,
    id,
    heal: async () => {
      if (healed) return;
      healed = true;
      healedAt = Math.min(healedAt, now()); // what the healing breaks is not evidence
      await injected.heal?.();
      target.record({ type: "fault-healed", fault: name, id });
    },
    bit: (history) => injected.bit({ history, injectedAt, healedAt }),
  };
}

/** The options with the name of a server in the place of its role. */
async function withServers<Options>(target: Target, options: Options): Promise<Options> {
  const { node, between, stream } = options as { node?: string; between?: string[]; stream?: string };
  const named = (name: string) => serverWithRole(target, name, stream);
  return {
    ...options,
    ...(node === undefined ? {} : { node: await named(node) }),
    ...(between === undefined ? {} : { between: await Promise.all(between.map(named)) }),
  };
}

// Injects a fault and tells of it: the one way in, for the runner and for tests.
import type { EventBody, HistoryEvent } from "../history/event.js";
import type { Fault, Injected, Target } from "./fault.js";

export interface ActiveFault {
  name: string;
  /** Counts the injections of a run from 1. */
  id: number;
  /** Harmless the second time. */
  heal(): Promise<void>;
  /** How it bit, by the whole history of the run; undefined where nothing shows that it did. */
  bit(history: readonly HistoryEvent[]): string | undefined;
}

/** `options` as the fault's schema gave them. @throws one sentence where it cannot be injected. */
export async function injectFault<Options>(
  name: string,
  fault: Fault<Options>,
  options: Options,
  target: Target,
  id = 1,
): Promise<ActiveFault> {
  const began = now();
  let healedAt = Number.POSITIVE_INFINITY;
  const seen: EventBody[] = []; // what the fault notes before it has said what it does
  let told = false;
  const tell = (what: string) => {
    if (told) return;
    told = true;
    target.record({ type: "fault-injected", fault: name, id, what });
    for (const event of seen.splice(0)) target.record(event);
  };
  const record = (event: EventBody) => (told ? target.record(event) : void seen.push(event));
  const injected: Injected = await fault.inject({ ...target, record }, options, tell);
  tell(injected.what);
  if (!injected.heal) healedAt = now() + momentUs;
  let healed = false;
  return {
    name,
    id,
    heal: async () => {
      if (healed) return;
      healed = true;
      healedAt = Math.min(healedAt, now()); // what the healing itself breaks is not evidence
      await injected.heal?.();
      target.record({ type: "fault-healed", fault: name, id });
    },
    bit: (history) => injected.bit({ history, injectedAt: began, healedAt }),
  };
}

/** What is over at once shows within this time; a later break has another cause. */
const momentUs = 2_000_000;

/** The clock of the events: the machine's own, in microseconds. */
const now = () => Number(process.hrtime.bigint() / 1000n);

// Injects a fault and tells of it: the one way in, for the runner and for tests.
import type { HistoryEvent } from "../history/event.js";
import type { Fault, Injected } from "./fault.js";
import type { Target } from "./target.js";

export interface ActiveFault {
  name: string;
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
): Promise<ActiveFault> {
  const began = now();
  let healedAt = Number.POSITIVE_INFINITY;
  const injected: Injected = await fault.inject(target, options);
  target.record({ type: "fault-injected", fault: name, what: injected.what });
  let healed = false;
  return {
    name,
    heal: async () => {
      if (healed) return;
      healed = true;
      healedAt = now(); // what the healing itself breaks is not evidence
      await injected.heal();
      target.record({ type: "fault-healed", fault: name });
    },
    bit: (history) =>
      injected.bit(
        history.filter((event) => event.t >= began),
        healedAt,
      ),
  };
}

/** The clock of the events: the machine's own, in microseconds. */
const now = () => Number(process.hrtime.bigint() / 1000n);

// What a time-out policy means for one call: the ending its request shall have, and what is said of it.
import type { Whereabouts, Withdrawn } from "../history/event.js";
import type { ReplyStrategy } from "../history/strategies.js";
import type { CalledOff } from "../protocol/cancels.js";
import { InvalidInput } from "../protocol/errors.js";
import { requireFeature, type Versioned } from "../protocol/features.js";
import { type OnTimeout, requirePolicy } from "./options.js";
import type { TimeOutFindings } from "./timed-out.js";
import type { Withdrawal } from "./withdraw.js";

const endings: Record<OnTimeout, CalledOff | undefined> = {
  keep: undefined,
  cancel: "cancelled",
  expire: "expired",
};

/**
 * @throws InvalidInput where the policy is none, or goes against what the strategy does at a time-out itself; ServerTooOld
 * where the server cannot let a request expire.
 */
export function requireUsable(server: Versioned, strategy: ReplyStrategy, policy: OnTimeout): void {
  if (strategy === "trial") {
    throw new InvalidInput(
      `Expected onTimeout to be keep with the trial, which deletes what it gives up on.`,
    );
  }
  if (requirePolicy(policy) === "expire") requireFeature(server, "message-ttl", 'onTimeout: "expire"');
}

/** Undefined where the request stays queued. */
export const endingFor = (policy: OnTimeout) => endings[policy];

const whereabouts: Record<Withdrawn, Whereabouts> = {
  removed: "ended",
  "already-running": "running",
  stuck: "stuck",
  "already-answered": "replied",
  unknown: "unknown",
};

export const findingsOf = ({ withdrawn, where, evidence }: Withdrawal): TimeOutFindings => ({
  whereabouts: where ?? whereabouts[withdrawn],
  evidence,
});

// What a time-out policy means for one call: the ending its request shall have, and what is said of it.
import type { Whereabouts, Withdrawn } from "../history/event.js";
import type { CalledOff } from "../protocol/cancels.js";
import type { OnTimeout } from "./options.js";
import type { TimeOutFindings } from "./timed-out.js";
import type { Withdrawal } from "./withdraw.js";

const endings: Record<OnTimeout, CalledOff | undefined> = {
  keep: undefined,
  cancel: "cancelled",
  expire: "expired",
};

/** Undefined where the request stays queued. */
export const endingFor = (policy: OnTimeout) => endings[policy];

const whereabouts: Record<Withdrawn, Whereabouts> = {
  removed: "ended",
  "already-running": "running",
  "already-answered": "replied",
  unknown: "unknown",
};

export const findingsOf = ({ withdrawn, evidence }: Withdrawal): TimeOutFindings => ({
  whereabouts: whereabouts[withdrawn],
  evidence,
});

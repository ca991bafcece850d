// What is told of faults: that one was injected, healed, and what it did.

export type FaultEvent =
  /** `what` completes "the laboratory ...": `freezes the server one`. */
  | { type: "fault-injected"; fault: string; what: string }
  | { type: "fault-healed"; fault: string }
  /** Told at the end of a run, of each fault that had an observable effect. */
  | { type: "fault-bit"; fault: string; evidence: string }
  /** The stream has another leader; `afterMs` since the fault that took the old one away. */
  | { type: "leader-changed"; stream: string; from: string; to: string; afterMs: number }
  /** Messages counted by reading them, before and after; fewer is a loss. */
  | { type: "messages-counted"; stream: string; before: number; after: number };

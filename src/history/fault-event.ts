// What is told of faults: that one was injected, healed, and what it did.

export type FaultEvent =
  /** `id` counts the injections of a run from 1 (absent in older histories); `what` completes "the laboratory ...": `freezes the server one`. */
  | { type: "fault-injected"; fault: string; id?: number; what: string }
  | { type: "fault-healed"; fault: string; id?: number }
  /** Told at the end of a run, of each injection that had an observable effect. */
  | { type: "fault-bit"; fault: string; id?: number; evidence: string }
  /** The stream has another leader; `afterMs` since the fault that took the old one away. */
  | { type: "leader-changed"; stream: string; from: string; to: string; afterMs: number }
  /** What a slow link between two servers held back first: something with a request or a reply in it. */
  | { type: "message-held-back"; between: readonly [string, string]; heldMs: number }
  /** Messages counted by reading them, before and after; fewer is a loss. */
  | { type: "messages-counted"; stream: string; before: number; after: number };

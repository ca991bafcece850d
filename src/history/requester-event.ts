// What a requester tells, of one request at a time: asked for, stored, given up, replied to, collected.
import type { Ending, RepliesEnd, Strategy, Whereabouts, Withdrawn } from "./event-words.js";

/** What a requester does and sees. `request` is the request id. */
export type RequesterEvent =
  | {
      type: "requested";
      request: string;
      /** Subject the request was published on, e.g. `requests.order-sandwich`. */
      subject: string;
      strategy: Strategy;
      /** Until its call gives up; absent where nobody waits for the reply (`Sender`). */
      timeoutMs?: number;
      /** The scenario's name for this request, where it has one. */
      as?: string;
      /** It carries a deadline (`Request-Deadline`), `timeoutMs` after this: nobody may begin it any later. */
      expires?: true;
    }
  /** As many are on their way as may be (`maxOutstanding`): it is not sent yet. `waiting`: how many wait, with it. */
  | {
      type: "turn-awaited";
      request: string;
      subject: string;
      strategy: Strategy;
      as?: string;
      waiting: number;
    }
  /** As many wait for their turn as may (`maxWaiting`): it was not sent, and will not be. */
  | { type: "turn-refused"; request: string; subject: string; strategy: Strategy; as?: string; error: string }
  /** The next `count` requests of this name are a load; with a rate, each has its moment from here on. */
  | { type: "load-started"; as: string; count: number; ratePerSecond?: number }
  /** The PubAck arrived, or was lost and the request was found: the stream holds it. */
  | { type: "stored"; request: string; stream: string; sequence: number; duplicate: boolean }
  | {
      type: "timed-out";
      request: string;
      afterMs: number;
      /** Messages left in the request stream; absent where nothing is stored or nobody answered. */
      remaining?: number;
      whereabouts: Whereabouts;
      /** How the whereabouts are known, in words. */
      evidence: string;
      /** Absent where it was to stay queued. */
      withdrawn?: Withdrawn;
      /** How a request that was removed has ended. */
      ending?: Ending;
    }
  /** A requester asked for a request to be cancelled, at any time. */
  | { type: "withdrawn"; request: string; withdrawn: Withdrawn; ending: Ending; evidence: string }
  /** The requester stored how its request ended, because no responder will. */
  | {
      type: "ending-stored";
      request: string;
      ending: Ending;
      payload: string;
      to: string;
      stream: string;
      sequence: number;
    }
  /** A reply reached the living requester; `late` after its time-out. `parts`: how many came before it, as it says itself. */
  | { type: "received"; request: string; ending: Ending; payload: string; late: boolean; parts?: number }
  /** A reply reached the living requester that belongs to no call of its, open or given up: to its predecessor's, or a second one. */
  | { type: "orphaned-reply"; request: string; ending: Ending; payload: string }
  /** Something that is no reply to it lies in its mailbox: who put it there is not known, and `reason` is how it can be told. */
  | { type: "foreign-reply"; request: string; subject: string; reason: string }
  /**
   * One of several replies, number `part` from 1, was given to whoever asked for them, in order: also one that was read where it
   * is stored. Of a core request `part` counts the answers.
   */
  | { type: "part-received"; request: string; part: number; payload: string }
  /** A later read of the mailbox found a part. */
  | { type: "part-collected"; request: string; part: number; payload: string }
  /** Whoever asked for several replies takes no more: so many parts were given, and `by` is what ended it. */
  | { type: "replies-ended"; request: string; parts: number; by: RepliesEnd }
  /** A core request was answered with a JetStream PubAck instead of a reply. */
  | { type: "puback-received"; request: string; stream: string; sequence: number }
  | { type: "no-responders"; request: string; subject: string }
  /** A later read of the mailbox found the reply. `sequence` is the reply's in the reply stream. */
  | { type: "collected"; request: string; ending: Ending; payload: string; sequence: number }
  /** A later read found no reply, or not all of it: `reason` says why. `missing`: what comes after this part is there. */
  | { type: "not-collected"; request: string; reason: string; missing?: number }
  /** The requester deleted its own request from the stream: nobody will work on it any more. */
  | { type: "removed"; request: string; stream: string; sequence: number }
  /** `open`: the server may have stored it all the same. Otherwise it certainly did not. */
  | { type: "request-failed"; request: string; error: string; open?: true };

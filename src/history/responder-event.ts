// What a responder tells: a request is delivered, executed, replied to, and let go or given back.
import type { Ending } from "./event-words.js";

/** What a responder does. */
export type ResponderEvent =
  /** `delivery` counts from 1; above 1 it is a redelivery. */
  | { type: "delivered"; request: string; subject: string; sequence: number; delivery: number }
  /** The handler ran to its end: the effect happened. It began `ranMs` before. */
  | { type: "executed"; request: string; delivery: number; ranMs?: number }
  /** The reply is stored (in `stream` at `sequence`), or was published to a core subject (neither). `payload` as it was sent. */
  | {
      type: "replied";
      request: string;
      ending: Ending;
      to: string;
      payload: string;
      stream?: string;
      sequence?: number;
    }
  /** One of several replies, number `part` from 1, is stored under the address (in `stream` at `sequence`), or was sent there. */
  | {
      type: "part-replied";
      request: string;
      part: number;
      to: string;
      stream?: string;
      sequence?: number;
    }
  /** Nobody waits for it any more: its handler was told so, or was not even begun. */
  | { type: "called-off"; request: string; ending: Ending; begun: boolean }
  /**
   * The reply stream already holds a reply for this request: the first one won. Or the server refused one to a core subject for
   * want of a permission: then this comes after `replied`, because a core publish is not confirmed.
   */
  | { type: "reply-refused"; request: string; reason: string }
  /** The ack was sent; no server confirms it, and a kill at this moment may lose it. */
  | { type: "acked"; request: string }
  | { type: "terminated"; request: string; reason: string }
  /** A redelivered request whose reply was stored already: it is let go, and not executed again. */
  | { type: "already-answered"; request: string; ending: Ending }
  /** Copied into `stream`, because there will be no further attempt; the requester is told next. */
  | { type: "dead-lettered"; request: string; reason: string; stream: string; sequence: number }
  /** Given back, to be delivered again at once or after a delay. */
  | { type: "returned"; request: string; reason: string }
  /** It asks for no more requests, and has finished or given back what it had. */
  | { type: "paused" }
  | { type: "resumed" }
  | { type: "drained" };

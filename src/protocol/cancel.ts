// Cancel: a core message on `cancels.<request id>`, with the status as its payload. It is a hint: a responder that misses it runs
// the handler to its end, and the reply that is stored first wins.
import type { MsgHdrs } from "@nats-io/nats-core";
import type { Status } from "./events.js";
import { encodedHeaders } from "./header-block.js";
import { readHeader } from "./headers.js";
import { header } from "./subjects.js";

/** How a request ends that its requester does not wait for any more. */
export type CalledOff = Extract<Status, "cancelled" | "expired">;

/** What a responder answers to a cancel of a request that it has received and not settled. Any other answer means the same. */
export const inHand = "in hand";

/** Anything else than `expired` means `cancelled`: an empty payload is enough by hand. */
export const asCalledOff = (text: string): CalledOff => (text === "expired" ? "expired" : "cancelled");

/** With them a cancel is about this message only: a request that is replayed under the same id is another. */
export const cancelHeaders = (sequence: number): MsgHdrs =>
  sequence > 0 ? encodedHeaders([header.requestSequence, String(sequence)]) : encodedHeaders();

/** The sequence of the request that a cancel is about; undefined for a cancel of any request with this id. */
export function cancelledSequence(msg: { readonly headers?: MsgHdrs | undefined }): number | undefined {
  const text = readHeader(msg, header.requestSequence);
  return text && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/**
 * What becomes of a request after its time-out.
 * - keep: the request stays queued, and its reply can be collected later.
 * - cancel: the request is deleted from the queue, if no responder has it yet; otherwise its handler is aborted.
 * - expire: as cancel, and no handler begins after the deadline, even if this requester is gone by then. The deadline counts from
 *   when the server stored the request (`Request-Timeout`). A responder that receives it in the minute after stores the status
 *   `expired`; then the server removes it (`Nats-TTL`, nats-server 2.11, ADR-43).
 */
export const timeOutPolicies = ["keep", "cancel", "expire"] as const;
/** What becomes of a request after its time-out: `keep`, `cancel` or `expire` (see `timeOutPolicies`). */
export type OnTimeout = (typeof timeOutPolicies)[number];

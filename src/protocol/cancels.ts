// How a responder hears that nobody waits for a request any more: a core message on `cancels.<request id>`, with the
// ending as its payload. It is a hint: whoever misses it works to the end, and the reply that is stored first wins.
import type { MsgHdrs } from "@nats-io/nats-core";
import type { Ending } from "../history/event.js";
import { encodedHeaders } from "./encoded-headers.js";
import { readHeader } from "./messages.js";
import { header } from "./names.js";

/** How a request ends that nobody waits for any more. */
export type CalledOff = Extract<Ending, "cancelled" | "expired">;

/** Whoever may publish here can stop work: grant it to those that may send requests. */
export const cancelSubject = (request: string) => `cancels.${request}`;

export const allCancels = cancelSubject("*");

/** Anything else than `expired` means `cancelled`: an empty payload is enough by hand. */
export const asCalledOff = (text: string): CalledOff => (text === "expired" ? "expired" : "cancelled");

/** With them a cancel is about this message only: a request that is replayed under the same id is another. */
export const cancelHeaders = (sequence: number): MsgHdrs =>
  sequence > 0 ? encodedHeaders([header.requestSequence, String(sequence)]) : encodedHeaders();

/** The sequence of the request that a cancel is about; undefined where it is about whatever has its id. */
export function cancelledSequence(msg: { readonly headers?: MsgHdrs | undefined }): number | undefined {
  const text = readHeader(msg, header.requestSequence);
  return text && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

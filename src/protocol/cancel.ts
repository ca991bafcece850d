// How a responder hears that nobody waits for a request any more: a core message on `cancels.<request id>`, with the
// status as its payload. It is a hint: whoever misses it works to the end, and the reply that is stored first wins.

import type { MsgHdrs } from "@nats-io/nats-core";
import type { Status } from "./events.js";
import { encodedHeaders } from "./headers.js";
import { readHeader } from "./messages.js";
import { header } from "./subjects.js";

/** How a request ends that nobody waits for any more. */
export type CalledOff = Extract<Status, "cancelled" | "expired">;

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

// What becomes of a request whose requester gives up waiting.

/**
 * - keep: the request stays queued, and its reply can be collected later.
 * - cancel: it is taken out of the queue, if no responder has it yet; otherwise its handler is told to stop.
 * - expire: as cancel, and nobody works on it past its deadline even if this requester is gone by then: the server
 *   removes it (`Nats-TTL`, whole seconds, at least one: nats-server 2.11), and responders look at `Request-Deadline`,
 *   by their own clocks.
 */
export const timeOutPolicies = ["keep", "cancel", "expire"] as const;
export type OnTimeout = (typeof timeOutPolicies)[number];

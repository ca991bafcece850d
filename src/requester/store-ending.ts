// Stores how a request ended, in place of a responder that will never answer it: create-only, so that a reply that was
// first stays the one.
import type { NatsConnection } from "@nats-io/nats-core";
import { publishOnce } from "../connection/publish-once.js";
import type { CalledOff } from "../protocol/cancels.js";
import { kit } from "../protocol/dialects/kit.js";
import { AlreadyStored } from "../protocol/errors.js";
import { replyHeaders } from "../protocol/messages.js";
import type { PubAck } from "../protocol/pub-ack.js";
import { keeping } from "../protocol/reply-places.js";
import { type Handle, requireHandle } from "./handle.js";
import { readStoredReply } from "./whereabouts.js";
import { type Withdrawal, withdraw } from "./withdraw.js";

export interface StoredEnding extends PubAck {
  to: string;
  payload: string;
}

/** As an event tells it. */
export const placeOf = ({ duplicate: _, ...place }: StoredEnding) => place;

/** What is to be done about a request that was withdrawn: its ending is stored where nobody else will. */
export async function storeEnding(
  nc: NatsConnection,
  handle: Handle,
  ending: CalledOff,
  found: Withdrawal,
): Promise<Withdrawal & { stored?: StoredEnding }> {
  const to = found.mailbox;
  if (!to || keeping(to) !== "once") return found;
  const payload = found.withdrawn === "removed" ? "before any responder had it" : "as its requester wished";
  const headers = replyHeaders({ dialect: kit, replyTo: to }, handle.request, ending, payload, true);
  const answer = await publishOnce(nc, to, payload, headers);
  if (!(answer instanceof Error)) return { ...found, stored: { ...answer, to, payload } };
  if (!(answer instanceof AlreadyStored)) {
    return { ...found, evidence: `${found.evidence}; its ending could not be stored: ${answer.message}` };
  }
  const reply = await readStoredReply(nc, handle).catch(() => undefined);
  const evidence = "its reply was stored first";
  return { withdrawn: "already-answered", evidence, ...(reply ? { reply } : {}) };
}

/** What became of a cancel, verified with the server. */
export interface CancelOutcome {
  outcome: Withdrawal["withdrawn"];
  /** How it is known, in words. */
  evidence: string;
  /** With `already-answered`; its ending may also be that it was cancelled before. */
  reply?: Withdrawal["reply"];
  /** With `removed`: the ending `cancelled`, in the mailbox. */
  stored?: StoredEnding;
}

/**
 * Cancels a request from any process that has its handle. `removed`: no responder ever got it, and its mailbox says
 * `cancelled`. `already-running`: a responder has it; its handler's `signal` fires, and what it makes of that will be
 * the reply. `stuck`: it stays in the queue, never to be delivered again. `already-answered`: too late. `unknown`: the evidence says what is known.
 * @throws NotSetUp, NotPermitted, NoAnswer and the other errors of the server.
 */
export async function cancelRequest(nc: NatsConnection, handle: Handle): Promise<CancelOutcome> {
  requireHandle(handle);
  const found = await withdraw(nc, handle, "cancelled");
  const { withdrawn, mailbox: _, where: __, ...rest } = await storeEnding(nc, handle, "cancelled", found);
  return { outcome: withdrawn, ...rest };
}

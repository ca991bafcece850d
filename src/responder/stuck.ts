// Ends a request that the server delivers no more: its dead letter, and its requester told; rescue.ts finds them.
import type { JetStreamManager, StoredMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import type { Observe, ResponderEvent } from "../history/event.js";
import { AlreadyStored } from "../protocol/errors.js";
import { type RequestHeaders, readRequest } from "../protocol/messages.js";
import type { RequireAddress } from "../protocol/reply-addresses.js";
import { deadLetter } from "./last-attempt.js";
import type { ReplySender } from "./reply-sender.js";
import { endingOf, findReply } from "./stored-reply.js";

export interface StuckOptions {
  stream: string;
  maxDeliver: number;
  sender: ReplySender;
  requireAddress: RequireAddress;
  observe?: Observe<ResponderEvent>;
}

/** In the order of every ending: copied, told, and only then removed. What fails leaves it as it is, for another look. */
export async function endStuck(
  nc: NatsConnection,
  jsm: JetStreamManager,
  seq: number,
  options: StuckOptions,
): Promise<void> {
  const { stream, maxDeliver, observe } = options;
  const stored = await jsm.streams.getMessage(stream, { seq });
  if (!stored) return;
  const read = readStored(stored, options.requireAddress);
  const request = read.id ?? `${stream}:${seq}`;
  const reply = await findReply(nc, read.addressed?.replyTo ?? "");
  if (reply) {
    observe?.({ type: "already-answered", request, ending: endingOf(reply) });
  } else {
    const why = `delivered ${maxDeliver} times, and no attempt came to an end`;
    if (!(await bury(nc, stored, { ...read, id: request }, why, options))) return;
  }
  await jsm.streams.deleteMessage(stream, seq);
  observe?.({ type: "terminated", request, reason: "it would never have been delivered again" });
}

/** True once the dead letter and its reply are stored, or it was replayed by now. */
async function bury(
  nc: NatsConnection,
  stored: StoredMsg,
  read: RequestHeaders & { id: string },
  why: string,
  { maxDeliver, observe, sender }: StuckOptions,
): Promise<boolean> {
  const delivery = { sequence: stored.seq, delivery: maxDeliver };
  const { id: request, addressed: to } = read;
  const { subject, data } = stored;
  const msg = read.unreadable ? { subject, data } : { subject, data, headers: stored.header };
  const failed = { id: request, msg, delivery, ...(to ? { addressed: to } : {}) };
  const told = await deadLetter(nc, failed, why, observe);
  if (told instanceof Error) return false;
  if (!to || told.silent) return true;
  const { ending, headers = {} } = told;
  const send = async () => sender.send({ request, to, ending, payload: why, headers });
  const sent = await send().catch((e: Error) => e);
  if (sent instanceof Error) return sent instanceof AlreadyStored;
  const where = sent ? { stream: sent.stream, sequence: sent.sequence } : {};
  observe?.({ type: "replied", request, ending, to: to.replyTo, payload: why, ...where });
  return true;
}

/**
 * Without an address that is not allowed: no attempt came to an end, so nobody has looked at it. Lazily, because headers may be
 * refused when they are parsed.
 */
function readStored(stored: StoredMsg, requireAddress: RequireAddress): RequestHeaders {
  const { addressed, ...read } = readRequest({
    subject: stored.subject,
    get headers() {
      return stored.header;
    },
  });
  try {
    if (addressed) requireAddress(addressed.replyTo);
    return addressed ? { ...read, addressed } : read;
  } catch {
    return read;
  }
}

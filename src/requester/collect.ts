// Coming back for a reply: any process that has the handle can do it, also long after the requester is gone.
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { republishedSubject } from "../protocol/names.js";
import { fromClientError } from "../protocol/server-error.js";
import { type Handle, requireHandle } from "./handle.js";
import { requireTimeout } from "./options.js";
import { placeOf } from "./reply-store.js";
import { readStoredReply, type StoredReply } from "./whereabouts.js";

export interface CollectOptions {
  /** Milliseconds to wait for a reply that is not stored yet. Default 0: look once. */
  timeoutMs?: number;
}

/**
 * The stored reply, or undefined when there is none in time. Listens before it looks, so that a reply stored in
 * between is not missed. A handle whose store is `shared` finds none: nothing reads that stream by request. The reply
 * stays stored: collecting twice gives the same reply.
 * @throws InvalidInput when the handle or the time-out is none, and the errors of the server.
 */
export async function collectReply(
  nc: NatsConnection,
  handle: Handle,
  options: CollectOptions = {},
): Promise<StoredReply | undefined> {
  requireHandle(handle);
  if (!options.timeoutMs) return readStoredReply(nc, handle);
  requireTimeout(options.timeoutMs);
  const arrived = nextMessage(nc, republishedSubject(handle.requester, handle.request), options.timeoutMs);
  try {
    await nc.flush();
    const already = await readStoredReply(nc, handle);
    if (already) return already;
    await arrived.message;
    // Also when nothing arrived: a break in the connection swallows what is republished, not what is stored.
    return await readStoredReply(nc, handle);
  } catch (error) {
    throw fromClientError(`request ${handle.request}`, error);
  } finally {
    arrived.stop();
  }
}

function nextMessage(nc: NatsConnection, subject: string, timeoutMs: number) {
  let timer: NodeJS.Timeout | undefined;
  let stop = () => {};
  const message = new Promise<Msg | undefined>((resolve, reject) => {
    const subscription = nc.subscribe(subject, {
      max: 1,
      callback: (error, msg) => (error ? reject(error) : resolve(msg)),
    });
    timer = setTimeout(() => resolve(undefined), timeoutMs);
    stop = () => {
      clearTimeout(timer);
      if (!nc.isClosed()) subscription.unsubscribe();
      resolve(undefined);
    };
  });
  message.catch(() => {});
  return { message, stop };
}

export const emptyMailbox = (handle: Handle) =>
  `${placeOf(handle).stream} holds no reply for request ${handle.request} of ${handle.requester}`;

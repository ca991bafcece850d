// Coming back for a reply: any process that has the handle can do it, also long after the requester is gone.
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { watchConnection } from "../connection/watch.js";
import { Closed } from "../protocol/errors.js";
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
 * @throws InvalidInput when the handle or the time-out is none, ForeignReply when somebody else's message is in the mailbox, Closed
 * when the connection closes while it waits, and the errors of the server.
 */
export async function collectReply(
  nc: NatsConnection,
  handle: Handle,
  options: CollectOptions = {},
): Promise<StoredReply | undefined> {
  requireHandle(handle);
  if (!options.timeoutMs) return readStoredReply(nc, handle);
  requireTimeout(options.timeoutMs);
  let stop = () => {};
  try {
    const arrived = nextMessage(nc, republishedSubject(handle.requester, handle.request), options.timeoutMs);
    stop = arrived.stop;
    // Raced: what the client is asked for while it closes, it answers with a time-out of 5 s, or (flush) never.
    const look = nc.flush().then(() => readStoredReply(nc, handle));
    const already = await Promise.race([look, arrived.failed]);
    if (already) return already;
    await Promise.race([arrived.message, arrived.failed]);
    // Also when nothing arrived: a break in the connection swallows what is republished, not what is stored.
    return await readStoredReply(nc, handle);
  } catch (error) {
    throw fromClientError(`request ${handle.request}`, error);
  } finally {
    stop();
  }
}

/** `message` resolves with undefined when there is none in time; `failed` rejects when there can be none. */
function nextMessage(nc: NatsConnection, subject: string, timeoutMs: number) {
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  let stop = () => {};
  const message = new Promise<Msg | undefined>((resolve) => {
    const subscription = nc.subscribe(subject, {
      max: 1,
      callback: (error, msg) => (error ? fail(error) : resolve(msg)),
    });
    const timer = setTimeout(() => resolve(undefined), timeoutMs);
    const stopWatching = watchConnection(nc, { closed: () => fail(new Closed(closedMeanwhile)) });
    stop = () => {
      clearTimeout(timer);
      stopWatching();
      if (!nc.isClosed()) subscription.unsubscribe();
      resolve(undefined);
    };
  });
  for (const end of [message, failed]) end.catch(() => {}); // whoever races with it hears of it
  return { message, failed, stop };
}

/** Why waiting for what is stored ended. */
export const closedMeanwhile =
  "The connection was closed while waiting for a reply; connect again, and collect it with the same handle.";

export const emptyMailbox = (handle: Handle) =>
  `${placeOf(handle).stream} holds no reply for request ${handle.request} of ${handle.requester}`;

// Coming back for a reply: any process that has the handle can do it, also long after the requester is gone.
import type { NatsConnection } from "@nats-io/nats-core";
import { watchConnection } from "../connection/watch.js";
import { Closed, NoAnswer } from "../protocol/errors.js";
import { republishedSubject } from "../protocol/names.js";
import { fromClientError } from "../protocol/server-error.js";
import { type Handle, requireHandle } from "./handle.js";
import { requireTimeout } from "./options.js";
import { isForGood, repeated } from "./repeated.js";
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
    const arrived = nextMessage(nc, handle, options.timeoutMs);
    stop = arrived.stop;
    // Raced: what the client is asked for while it closes, it answers with a time-out of 5 s, or (flush) never.
    const look = nc.flush().then(() => readStoredReply(nc, handle));
    const first = look.catch((error) => arrived.lookAgain(error));
    const already = await Promise.race([first, arrived.sign, arrived.failed]);
    if (already) return already;
    await Promise.race([arrived.sign, arrived.failed]);
    // Also when nothing arrived: a break in the connection swallows what is republished, not what is stored.
    return await readStoredReply(nc, handle);
  } catch (error) {
    throw fromClientError(`request ${handle.request}`, error);
  } finally {
    stop();
  }
}

/**
 * `sign` resolves when the reply is stored, as far as that is told, or when there was none in time; `failed` rejects when there
 * can be none.
 */
function nextMessage(nc: NatsConnection, handle: Handle, timeoutMs: number) {
  let fail: (error: Error) => void = () => {};
  let resolve = () => {};
  let over = false;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const sign = new Promise<undefined>((done) => {
    resolve = () => done(undefined);
  });
  const subscription = nc.subscribe(republishedSubject(handle.requester, handle.request), {
    max: 1,
    callback: (error) => (error ? fail(error) : resolve()),
  });
  const timer = setTimeout(resolve, timeoutMs);
  const missed = async () => {
    if (await isAnswered(nc, handle)) resolve();
  };
  const looking = () => repeated([missed], () => over);
  // A look that was under way when the connection broke has no answer either, and that is no end.
  const lookAgain = (error: unknown): undefined => {
    if (!(error instanceof NoAnswer)) throw error;
    void looking();
  };
  const stopWatching = watchConnection(nc, {
    reconnected: () => void looking(),
    closed: () => fail(new Closed(closedMeanwhile)),
  });
  const stop = () => {
    over = true;
    clearTimeout(timer);
    stopWatching();
    if (!nc.isClosed()) subscription.unsubscribe();
    resolve();
  };
  failed.catch(() => {}); // whoever races with it hears of it
  return { sign, failed, lookAgain, stop };
}

/** True also where looking again would find the same error. @throws what may pass. */
async function isAnswered(nc: NatsConnection, handle: Handle): Promise<boolean> {
  try {
    return (await readStoredReply(nc, handle)) !== undefined;
  } catch (error) {
    if (isForGood(error)) return true;
    throw error;
  }
}

/** Why waiting for what is stored ended. */
export const closedMeanwhile =
  "The connection was closed while waiting for a reply; connect again, and collect it with the same handle.";

export const emptyMailbox = (handle: Handle) =>
  `${placeOf(handle).stream} holds no reply for request ${handle.request} of ${handle.requester}`;

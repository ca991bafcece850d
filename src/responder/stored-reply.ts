// Looks into a requester's mailbox: whether a request that comes again was answered before, and with what.
import { jetstreamManager, type StoredMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import type { Ending } from "../history/event.js";
import { readReply } from "../protocol/messages.js";
import { replyStream } from "../protocol/names.js";
import { isMailbox, keeping, kvStream } from "../protocol/reply-places.js";

/**
 * The stored reply on this address; undefined where there is none or nobody says. Not knowing does no harm: the handler
 * runs once more, and the broker refuses its reply if there is one.
 */
export async function findReply(nc: NatsConnection, address: string): Promise<StoredMsg | undefined> {
  if (keeping(address) !== "once") return undefined;
  const stream = isMailbox(address) ? replyStream : kvStream;
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    return (await jsm.streams.getMessage(stream, { last_by_subj: address })) ?? undefined;
  } catch {
    return undefined;
  }
}

export const endingOf = (stored: StoredMsg): Ending =>
  readReply({ headers: stored.header, data: stored.data }).ending;

/**
 * Tells a requester that waits for a reply which is stored already: one that asked again under an id that the stream
 * had forgotten. It is sent where the server republishes replies; whoever does not wait for it ignores it.
 */
export function tellAgain(nc: NatsConnection, stored: StoredMsg): void {
  if (nc.isClosed()) return;
  const subject = stored.subject.replace(/^(replies|\$KV\.REPLIES_KV)\./, "replied.");
  nc.publish(subject, stored.data, { headers: stored.header });
}

// A request id that another requester had sent first: the stream kept that one, so its reply goes to that one's mailbox.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { readRequest } from "../protocol/messages.js";
import type { Handle } from "./handle.js";
import { isSame } from "./in-queue.js";
import { asMessage, placeOf } from "./reply-store.js";

/**
 * The requester whose mailbox gets the reply to what is, or was, stored under this handle's number. While it is queued the request
 * says so itself, after that only its stored reply does; undefined where neither is there.
 * @throws NotPermitted for who may not read them, and the errors of the server.
 */
export async function firstSender(nc: NatsConnection, handle: Handle): Promise<string | undefined> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const { stream, subject } = placeOf({ ...handle, requester: "*" });
  if (subject === undefined) return undefined;
  const queued = await jsm.streams.getMessage(handle.stream, { seq: handle.sequence });
  if (queued && isSame(queued, handle)) {
    return inPlaceOfTheWildcard(subject, readRequest(asMessage(queued)).addressed?.replyTo);
  }
  const reply = await jsm.streams.getMessage(stream, { last_by_subj: subject });
  return inPlaceOfTheWildcard(subject, reply?.subject);
}

function inPlaceOfTheWildcard(pattern: string, subject = ""): string | undefined {
  const [before = "", after = ""] = pattern.split("*");
  if (!subject.startsWith(before) || !subject.endsWith(after)) return undefined;
  const name = subject.slice(before.length, subject.length - after.length);
  return /^[\w-]{1,64}$/.test(name) ? name : undefined;
}

// A request id that another requester had sent first: the stream kept that one, so its reply goes to that one's mailbox.

import { jetstreamManager } from "@nats-io/jetstream";
import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import { flushConnection } from "../connection/flush.js";
import { readRequest } from "../protocol/messages.js";
import type { Handle } from "./handle.js";
import { isSame } from "./queue-state.js";
import { asMessage, placeOf } from "./stored-reply.js";

/**
 * The requester whose mailbox gets the reply to what is, or was, stored under this handle's number. While it is queued the request
 * says so itself, after that only its stored reply does; undefined where neither is there.
 * @throws NotPermittedError for who may not read them, and the errors of the server.
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

// Mailboxes of other requesters in which a reply is waited for, because they sent the same id first (first-sender.ts).

/** Beyond this many the oldest is given up: its reply is still stored, and found by its handle. */
const most = 1_000;

export class Elsewhere {
  readonly #nc: NatsConnection;
  readonly #open = new Set<Subscription>();

  constructor(nc: NatsConnection) {
    this.#nc = nc;
  }

  /** `onReply` gets the one message that comes there. Where that is not allowed, none comes. */
  async listen(subject: string, onReply: (msg: Msg) => void): Promise<void> {
    const callback = (error: Error | null, msg: Msg) => {
      this.#open.delete(subscription);
      if (!error) onReply(msg);
    };
    const subscription = this.#nc.subscribe(subject, { max: 1, callback });
    this.#open.add(subscription);
    if (this.#open.size > most) this.#end(this.#open.values().next().value);
    await flushConnection(this.#nc).catch(() => {}); // the connection's end is told elsewhere
  }

  stop(): void {
    for (const subscription of this.#open) this.#end(subscription);
  }

  #end(subscription: Subscription | undefined): void {
    if (!subscription) return;
    this.#open.delete(subscription);
    subscription.unsubscribe();
  }
}

// A request id that another requester sent first: the stream kept that request, so its reply goes to that requester's mailbox.
import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import { flushConnection } from "../connection/flush.js";
import { jetStreamManager } from "../connection/jetstream.js";
import { readHeader, readRequest } from "../protocol/headers.js";
import { header, type QueueNames } from "../protocol/subjects.js";
import type { Handle } from "./handle.js";
import { isSame } from "./queue-state.js";
import { asMessage, replyPlace } from "./stored-reply.js";

/** The request that was sent first; what its headers or its reply do not say is undefined. */
interface FirstRequest {
  /** The requester whose mailbox gets its reply. */
  requester?: string | undefined;
  subject?: string | undefined;
}

/**
 * The request that is, or was, stored under this handle's sequence. While it is queued, its headers describe it; after that its
 * stored reply does.
 * @throws NotPermittedError when the account may not read them, and the errors of the server.
 */
export async function firstRequest(nc: NatsConnection, names: QueueNames, handle: Handle): Promise<FirstRequest> {
  const jsm = await jetStreamManager(nc, names);
  const { stream, subject: mailboxes } = replyPlace(names, { ...handle, requester: "*" });
  const queued = await jsm.streams.getMessage(handle.stream, { seq: handle.sequence });
  if (queued && isSame(queued, handle)) {
    const { addressed } = readRequest(asMessage(queued));
    return { requester: inPlaceOfTheWildcard(mailboxes, addressed?.replyTo), subject: addressed?.subject };
  }
  if (mailboxes === undefined) return {};
  const reply = await jsm.streams.getMessage(stream, { last_by_subj: mailboxes });
  if (!reply) return {};
  const subject = readHeader(asMessage(reply), header.requestSubject);
  return { requester: inPlaceOfTheWildcard(mailboxes, reply.subject), subject };
}

function inPlaceOfTheWildcard(pattern = "", subject = ""): string | undefined {
  const [before = "", after = ""] = pattern.split("*");
  if (!subject.startsWith(before) || !subject.endsWith(after)) return undefined;
  const name = subject.slice(before.length, subject.length - after.length);
  return /^[\w-]{1,64}$/.test(name) ? name : undefined;
}

/** Beyond this many the oldest subscription ends: its reply is still stored, and its handle finds it. */
const most = 1_000;

/** Subscriptions in the mailboxes of other requesters, each for one reply. */
export class OtherMailboxes {
  readonly #nc: NatsConnection;
  readonly #open = new Set<Subscription>();

  constructor(nc: NatsConnection) {
    this.#nc = nc;
  }

  /** `onReply` gets the one message that arrives there. If the account may not subscribe, none arrives. */
  async listen(subject: string, onReply: (msg: Msg) => void): Promise<void> {
    const callback = (error: Error | null, msg: Msg) => {
      this.#open.delete(subscription);
      if (!error) onReply(msg);
    };
    const subscription = this.#nc.subscribe(subject, { max: 1, callback });
    this.#open.add(subscription);
    if (this.#open.size > most) this.#end(this.#open.values().next().value);
    await flushConnection(this.#nc).catch(() => {}); // the requester learns of the connection's end by itself
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

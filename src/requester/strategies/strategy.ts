// What a reply strategy is: how a reply finds its way back to one requester.
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import type { LabReplyStrategy, Observe, RequesterEvent } from "../../protocol/events.js";
import type { WriteRequestHeaders } from "../../protocol/headers.js";
import type { QueueNames } from "../../protocol/subjects.js";
import type { Handle } from "../handle.js";
import type { Located } from "../locate.js";

export interface Strategy {
  readonly name: LabReplyStrategy;
  /** The core subject that a requester listens on, with one subscription for all of its requests. */
  readonly listen: string;
  /** Where parts of replies arrive, below the reply's own address; absent where there can be none. */
  readonly listenParts?: string;
  /** What a handle says of where the reply is stored; absent for a mailbox, and where it is stored nowhere. */
  readonly store?: Handle["store"];
  /** Whether a stored reply can be read by its request, so that one that was missed is not lost. */
  readonly readable: boolean;
  /** The address that a request carries. */
  replyTo(id: string): string;
  /** With `expiresMs` the request expires after that many milliseconds. With `subject` its reply names the subject. */
  readonly requestHeaders: WriteRequestHeaders;
  /** The request that a message is the reply to; undefined when it is no reply. Must not throw. */
  requestOf(msg: Msg): string | undefined;
  /** What the server has to have before the first request. Called once the subscription stands. */
  open?(nc: NatsConnection): Promise<void>;
  /** The connection is back after a break: what the server may have forgotten of `open`. */
  reconnected?(nc: NatsConnection): Promise<void>;
  /** Where a request is whose time is up. Default: what `locate` says. */
  timedOut?(nc: NatsConnection, handle: Handle, observe?: Observe<RequesterEvent>): Promise<Located>;
}

/** `inbox` is the requester's own, unique to this process. */
export type OpenStrategy = (names: QueueNames, requester: string, inbox: string) => Strategy;

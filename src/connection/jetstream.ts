// JetStream API: the one place where the client's manager is made, and where its types lack what the server takes.
import {
  type ConsumerInfo,
  type JetStreamManager,
  jetstreamManager,
  type SeqMsgRequest,
  type StoredMsg,
} from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import type { QueueNames } from "../protocol/subjects.js";

/** Makes no call: an account without JetStream learns of that by its first one. `timeoutMs` is for each call, by default 5 s. */
export function jetStreamManager(nc: NatsConnection, names: QueueNames, timeoutMs = 5_000): Promise<JetStreamManager> {
  return jetstreamManager(nc, { checkAPI: false, apiPrefix: names.apiPrefix, timeout: timeoutMs });
}

/** A consumer of the request stream; undefined if the server gives no answer within half a second, or an error. */
export async function consumerInfoSoon(
  nc: NatsConnection,
  names: QueueNames,
  consumer: string,
): Promise<ConsumerInfo | undefined> {
  try {
    const jsm = await jetStreamManager(nc, names, 500);
    return await jsm.consumers.info(names.requestStream, consumer);
  } catch {
    return undefined;
  }
}

/** The first message from a sequence on whose subject matches; null when there is none. @throws the errors of the client. */
export function nextMessage(
  jsm: JetStreamManager,
  stream: string,
  subject: string,
  seq: number,
): Promise<StoredMsg | null> {
  // The server takes both; the client's type knows them one at a time.
  return jsm.streams.getMessage(stream, { seq, next_by_subj: subject } as SeqMsgRequest);
}

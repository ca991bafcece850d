// What a responder needs of the server: the consumer, and the stream for its replies.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { replyStream, requestStream } from "../protocol/names.js";
import { fromClientError } from "../protocol/server-error.js";

export interface Consumer {
  ackWaitMs: number;
  /** Deliveries per request; -1 for no limit. */
  maxDeliver: number;
  /** Deliveries not yet acknowledged, all responders together; -1 for no limit. */
  maxAckPending: number;
}

/**
 * Looked at before the first pull, so that what is missing is named rather than met as silence.
 * DEAD_LETTERS is not: without it a request is given back where it would have become a dead letter.
 */
export async function requireSetup(nc: NatsConnection, consumer: string): Promise<Consumer> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const look = <T>(what: string, question: Promise<T>) =>
    question.catch((error) => {
      throw fromClientError(what, error);
    });
  const [{ config }] = await Promise.all([
    look(`consumer ${consumer} on ${requestStream}`, jsm.consumers.info(requestStream, consumer)),
    look(`stream ${replyStream}`, jsm.streams.info(replyStream)),
  ]);
  return {
    ackWaitMs: (config.ack_wait ?? 30e9) / 1e6,
    maxDeliver: config.max_deliver ?? -1,
    maxAckPending: config.max_ack_pending ?? -1,
  };
}

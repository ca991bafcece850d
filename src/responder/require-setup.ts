// What a responder needs of the server: the consumer, and the stream for its replies.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { replyStream, requestStream } from "../protocol/names.js";
import { fromClientError } from "../protocol/server-error.js";

/**
 * Looked at before the first pull, so that what is missing is named rather than met as silence.
 * @returns the consumer's `ack_wait` in milliseconds.
 */
export async function requireSetup(nc: NatsConnection, consumer: string): Promise<number> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const look = <T>(what: string, question: Promise<T>) =>
    question.catch((error) => {
      throw fromClientError(what, error);
    });
  const [{ config }] = await Promise.all([
    look(`consumer ${consumer} on ${requestStream}`, jsm.consumers.info(requestStream, consumer)),
    look(`stream ${replyStream}`, jsm.streams.info(replyStream)),
  ]);
  return (config.ack_wait ?? 30e9) / 1e6;
}

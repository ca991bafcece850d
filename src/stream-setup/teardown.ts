// Teardown: deletes the streams of a queue, with everything that they hold.
import type { NatsConnection } from "@nats-io/nats-core";
import { jetStreamManager } from "../connection/jetstream.js";
import { checkOptions } from "../protocol/check-options.js";
import { NotSetUpError } from "../protocol/errors.js";
import { type QueueOptions, queueNames, queueOptionNames } from "../protocol/queue-names.js";
import { fromClientError } from "../protocol/server-error.js";

/** A stream of the queue, and how much it holds. */
export interface StreamContents {
  stream: string;
  messages: number;
}

/** The streams of the queue that exist, those of reply strategies included. @throws the errors of the server. */
export async function streamsOf(nc: NatsConnection, options: QueueOptions = {}): Promise<StreamContents[]> {
  const names = queueNames(options);
  const { requestStream, replyStream, deadLetterStream, kvStream, sharedStream } = names;
  const jsm = await jetStreamManager(nc, names);
  const found: StreamContents[] = [];
  for (const stream of [requestStream, replyStream, deadLetterStream, kvStream, sharedStream]) {
    try {
      const { state } = await jsm.streams.info(stream);
      found.push({ stream, messages: state.messages });
    } catch (error) {
      const known = fromClientError(`stream ${stream}`, error);
      if (!(known instanceof NotSetUpError)) throw known;
    }
  }
  return found;
}

/**
 * Deletes the streams of the queue, the requests first, and with them the consumers, requests, replies and dead letters.
 * @returns what was deleted.
 * @throws NotPermittedError, NoAnswerError when the server does not answer within 5 s, and the server's other errors.
 */
export async function teardown(nc: NatsConnection, options: QueueOptions = {}): Promise<StreamContents[]> {
  checkOptions("teardown", options, queueOptionNames);
  const jsm = await jetStreamManager(nc, queueNames(options));
  const found = await streamsOf(nc, options);
  for (const { stream } of found) {
    await jsm.streams.delete(stream).catch((error) => {
      throw fromClientError(`stream ${stream}`, error);
    });
  }
  return found;
}

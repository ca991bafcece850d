// Teardown: deletes the streams of a queue, with everything that they hold.
import type { NatsConnection } from "@nats-io/nats-core";
import { jetStreamManager } from "../connection/jetstream.js";
import { NotSetUpError } from "../protocol/errors.js";
import { defaultNames } from "../protocol/queue-names.js";
import { fromClientError } from "../protocol/server-error.js";

/** A stream of the queue, and how much it holds. */
export interface StreamContents {
  stream: string;
  messages: number;
}

/** The streams of the queue that exist, those of reply strategies included. @throws the errors of the server. */
export async function streamsOf(nc: NatsConnection): Promise<StreamContents[]> {
  const { requestStream, replyStream, deadLetterStream, kvStream, sharedStream } = defaultNames;
  const jsm = await jetStreamManager(nc, defaultNames);
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
export async function teardown(nc: NatsConnection): Promise<StreamContents[]> {
  const jsm = await jetStreamManager(nc, defaultNames);
  const found = await streamsOf(nc);
  for (const { stream } of found) {
    await jsm.streams.delete(stream).catch((error) => {
      throw fromClientError(`stream ${stream}`, error);
    });
  }
  return found;
}

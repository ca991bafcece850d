// Wait for the set-up: for a process that starts before the one that creates the streams.
import type { NatsConnection } from "@nats-io/nats-core";
import { jetStreamManager } from "../connection/jetstream.js";
import { isFinal, retryFor } from "../connection/retry.js";
import { checkOptions, type OptionNames } from "../protocol/check-options.js";
import { type QueueOptions, queueNames, queueOptionNames } from "../protocol/queue-names.js";
import { withKitError } from "../protocol/server-error.js";

/** Options of `waitForSetup`. */
export interface WaitOptions extends QueueOptions {
  /** Milliseconds. Default 60,000. */
  timeoutMs?: number;
}

const waitOptionNames = { ...queueOptionNames, timeoutMs: true } satisfies OptionNames<WaitOptions>;

/** Milliseconds for one answer: JetStream that is starting answers nothing. */
const answerMs = 2_000;

/**
 * Resolves when the streams and the consumer of the queue exist. Creates nothing.
 * @throws the last error when the time is over: NotSetUpError, JetStreamUnavailableError or NoAnswerError; at once NotPermittedError when
 * the account may not ask, and ClosedError.
 * @example
 * const nc = await openConnection({ servers: "nats://nats:4222", waitMs: 60_000 });
 * await waitForSetup(nc);
 * const responder = await Responder.start(nc, { handlers });
 */
export async function waitForSetup(nc: NatsConnection, options: WaitOptions = {}): Promise<void> {
  const { timeoutMs = 60_000 } = checkOptions("waitForSetup", options, waitOptionNames);
  const names = queueNames(options);
  const { requestStream, replyStream, consumer } = names;
  const look = async () => {
    const jsm = await jetStreamManager(nc, names, answerMs);
    await withKitError(`stream ${replyStream}`, jsm.streams.info(replyStream), names);
    const found = jsm.consumers.info(requestStream, consumer);
    await withKitError(`consumer ${consumer} on ${requestStream}`, found, names);
  };
  await retryFor(timeoutMs, look, (error) => !isFinal(error));
}

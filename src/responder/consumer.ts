// The consumer that a responder pulls from, as it is on the server: its limits, and what an error says when it is missing.
import type { JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { jetStreamManager } from "../connection/jetstream.js";
import { NotSetUpError } from "../protocol/errors.js";
import { withKitError } from "../protocol/server-error.js";
import { maxAttemptsKey, type QueueNames, sharedKey } from "../protocol/subjects.js";
import type { ConsumerLimits } from "./options.js";
import { ServerClock } from "./server-clock.js";

/** Milliseconds by which the clocks of a cluster's servers may differ. */
const clusterClockMs = 1_000;

export interface FoundConsumer {
  /** Set by the consumer's info, if the server says its time. */
  clock: ServerClock;
  /** Milliseconds since the epoch by the server's clock; in a cluster a little later, because its servers have a clock each. */
  createdAt: number;
  ackWaitMs: number;
  /** Deliveries per request by the server; -1 for no limit. */
  maxDeliver: number;
  /** Attempts per request, which responders count; NaN or -1 for no limit. */
  maxAttempts: number;
  /** Deliveries without an ack, all responders together; -1 for no limit. */
  maxAckPending: number;
  /** Responders with different handlers pull from it. */
  shared: boolean;
  pull: ConsumerLimits["pull"];
}

/**
 * Read before the first pull, so that an error names what is missing. DEAD_LETTERS is not read: without it a request is NAKed
 * instead of becoming a dead letter.
 * @throws NotSetUpError when a stream or the consumer is missing, and the other errors of the server.
 */
export async function findConsumer(
  nc: NatsConnection,
  { names, consumer }: { names: QueueNames; consumer: string },
): Promise<FoundConsumer> {
  const { requestStream, replyStream } = names;
  const jsm = await jetStreamManager(nc, names);
  const clock = new ServerClock();
  const what = `consumer ${consumer} on ${requestStream}`;
  const info = withKitError(what, jsm.consumers.info(requestStream, consumer), names).catch(async (error) => {
    throw error instanceof NotSetUpError ? await withNames(error, jsm, requestStream) : error;
  });
  const [{ config, created, cluster }] = await Promise.all([
    info.then((answer) => {
      const { ts } = answer as { ts?: string }; // nats-server 2.10
      if (ts) clock.set(Date.parse(ts));
      return answer;
    }),
    withKitError(`stream ${replyStream}`, jsm.streams.info(replyStream), names),
  ]);
  if (config.deliver_subject) {
    const push = `Consumer ${consumer} on ${requestStream} is a push consumer, and a responder pulls`;
    throw new NotSetUpError(`${push}: remove it, and run ${names.setupAdvice()}.`);
  }
  return {
    clock,
    createdAt: Date.parse(created) + (cluster?.name ? clusterClockMs : 1),
    ackWaitMs: (config.ack_wait ?? 30e9) / 1e6,
    maxDeliver: config.max_deliver ?? -1,
    maxAttempts: Number(config.metadata?.[maxAttemptsKey]),
    maxAckPending: config.max_ack_pending ?? -1,
    shared: config.metadata?.[sharedKey] === "true",
    pull: {
      batch: config.max_batch || undefined,
      bytes: config.max_bytes || undefined,
      expiresMs: config.max_expires ? config.max_expires / 1e6 : undefined,
    },
  };
}

/** The error with the names of the consumers that there are, as far as the account may list them. */
async function withNames(error: NotSetUpError, jsm: JetStreamManager, stream: string): Promise<NotSetUpError> {
  const infos = await jsm.consumers
    .list(stream)
    .next()
    .catch(() => []);
  const names = infos.map(({ name }) => name).sort();
  if (names.length === 0) return error;
  const message = `${error.message.replace(/\.$/, "")}; ${stream} has ${names.join(", ")} (option consumer).`;
  return new NotSetUpError(message, { cause: error.cause });
}

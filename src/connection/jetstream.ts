// JetStream API: the one place where the client's manager is made.
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import type { QueueNames } from "../protocol/subjects.js";

/** Makes no call: an account without JetStream learns of that by its first one. `timeoutMs` is for each call, by default 5 s. */
export function jetStreamManager(nc: NatsConnection, names: QueueNames, timeoutMs = 5_000): Promise<JetStreamManager> {
  return jetstreamManager(nc, { checkAPI: false, apiPrefix: names.apiPrefix, timeout: timeoutMs });
}

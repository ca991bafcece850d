// Streams of a scenario beside those of its queues, with their consumers: created before the actors start.
import {
  AckPolicy,
  DiscardPolicy,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "@nats-io/jetstream";
import { ConfigurationDiffersError, InvalidInputError } from "../protocol/errors.js";
import type { OtherConsumer, OtherStream } from "../scenario/model.js";

const nanos = (ms: number) => ms * 1_000_000;

/** `there`: those of them that a given server has already. @throws ConfigurationDiffersError, InvalidInputError */
export async function createOtherStreams(
  jsm: JetStreamManager,
  streams: Readonly<Record<string, OtherStream>>,
  there: readonly string[],
): Promise<void> {
  for (const [name, stream] of Object.entries(streams)) {
    if (there.includes(name))
      throw new ConfigurationDiffersError(
        `The server has a stream ${name}, and the scenario creates one: give it another name, or run without --server and NATS_URL on a server of the kit's own.`,
      );
    await orRefused(name, jsm.streams.add(configOf(name, stream)));
    for (const [consumer, settings] of Object.entries(stream.consumers))
      await orRefused(`${consumer} of ${name}`, jsm.consumers.add(name, consumerConfig(consumer, settings)));
  }
}

/** The server knows limits that the scenario file does not check. */
const orRefused = <T>(what: string, created: Promise<T>): Promise<T> =>
  created.catch((cause: Error) => {
    throw new InvalidInputError(`The server refused ${what} of \`streams\`: ${cause.message}.`, { cause });
  });

const retentions = {
  limits: RetentionPolicy.Limits,
  interest: RetentionPolicy.Interest,
  workqueue: RetentionPolicy.Workqueue,
};

const configOf = (name: string, stream: OtherStream): Partial<StreamConfig> & { name: string } => ({
  name,
  ...(stream.subjects && { subjects: stream.subjects }),
  ...(stream.mirror !== undefined && { mirror: { name: stream.mirror } }),
  ...(stream.sources && { sources: stream.sources.map((source) => ({ name: source })) }),
  storage: stream.storage === "memory" ? StorageType.Memory : StorageType.File,
  num_replicas: stream.replicas,
  retention: retentions[stream.retention],
  discard: stream.discard === "new" ? DiscardPolicy.New : DiscardPolicy.Old,
  ...(stream.maxMessages !== undefined && { max_msgs: stream.maxMessages }),
  ...(stream.maxBytes !== undefined && { max_bytes: stream.maxBytes }),
  ...(stream.maxPerSubject !== undefined && { max_msgs_per_subject: stream.maxPerSubject }),
  ...(stream.maxAgeMs !== undefined && { max_age: nanos(stream.maxAgeMs) }),
  ...(stream.duplicateWindowMs !== undefined && { duplicate_window: nanos(stream.duplicateWindowMs) }),
});

const consumerConfig = (name: string, { filter, ack, ackWaitMs, maxDeliver, maxAckPending }: OtherConsumer) => ({
  durable_name: name,
  ack_policy: ack === "none" ? AckPolicy.None : AckPolicy.Explicit,
  ...(filter && { filter_subjects: filter }),
  ...(ack === "explicit" && { ack_wait: nanos(ackWaitMs) }),
  ...(maxDeliver !== undefined && { max_deliver: maxDeliver }),
  ...(maxAckPending !== undefined && { max_ack_pending: maxAckPending }),
});

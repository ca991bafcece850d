// Consumers of the plan: one for all requests, or several with subjects of their own.
import { AckPolicy, type ConsumerConfig, type ConsumerInfo, DeliverPolicy } from "@nats-io/jetstream";
import { checkOptions, type OptionNames } from "../protocol/check-options.js";
import { InvalidInputError } from "../protocol/errors.js";
import { filtersOf, overlap } from "../protocol/subject-patterns.js";
import {
  maxAttemptsKey,
  type QueueNames,
  quote,
  requireName,
  requireRequestPattern,
  sharedKey,
} from "../protocol/subjects.js";

/** A consumer's configuration in the server's words; durations in nanoseconds. */
export type ConsumerPlan = Partial<ConsumerConfig> & { durable_name: string };

/** How requests are delivered. All times in milliseconds. */
export interface DeliveryOptions {
  /** How long a responder may hold a request before it is delivered again. Default 30,000. */
  ackWaitMs?: number;
  /**
   * Deliveries per request; -1 (default) for no limit. After the last one the request becomes a dead letter. Responders read the limit
   * from the consumer's metadata when they start, and count. The server's `max_deliver` stays -1; before nats-server 2.10 it is this limit.
   */
  maxDeliver?: number;
  /** Most requests delivered and not yet acknowledged, all responders together. Default 1000, the server's. */
  maxAckPending?: number;
  /**
   * Several kinds of responder pull from the consumer, each with handlers for a part of its requests. A responder without a handler
   * then NAKs a request for another one, with a growing delay; otherwise it rejects the request. A request that no responder handles
   * stays in the queue. Needs nats-server 2.10. Default: false.
   */
  shared?: boolean;
}

/** One of several consumers; what it leaves out is as in the other options of `setup`. */
export interface ConsumerOptions extends DeliveryOptions {
  /** The requests that it takes: subjects below `requests.`, also with wildcards (`["now.>"]`). No two consumers take the same one. */
  subjects: readonly string[];
}

export const deliveryOptionNames = {
  ...{ ackWaitMs: true, maxDeliver: true, maxAckPending: true, shared: true },
} satisfies OptionNames<DeliveryOptions>;

const consumerOptionNames = { ...deliveryOptionNames, subjects: true } satisfies OptionNames<ConsumerOptions>;

export const nanos = (ms: number) => Math.round(ms * 1_000_000);

/**
 * The consumers by name. The filters are whole subjects: `requests.now.>`.
 * @throws InvalidInputError for a subject that no request can have, and for consumers that take the same requests.
 */
export function planConsumers(
  names: QueueNames,
  consumers: Readonly<Record<string, ConsumerOptions>>,
  common: DeliveryOptions,
): ConsumerPlan[] {
  const plans = Object.entries(consumers).map(([name, options]) => {
    checkOptions(`setup, consumers.${name},`, options, consumerOptionNames);
    return planOf(names, requireName("the name of a consumer", name), options, common);
  });
  if (plans.length === 0) throw new InvalidInputError("Expected at least one consumer in consumers, got none.");
  requireDisjoint(plans);
  return plans;
}

function planOf(names: QueueNames, name: string, options: ConsumerOptions, common: DeliveryOptions): ConsumerPlan {
  const { subjects, ackWaitMs = common.ackWaitMs ?? 30_000, maxDeliver = common.maxDeliver ?? -1 } = options;
  const { maxAckPending = common.maxAckPending ?? 1000, shared = common.shared } = options;
  if (!Array.isArray(subjects) || subjects.length === 0) {
    throw new InvalidInputError(
      `Expected the subjects of consumer ${name} to be a list such as ["now.>"], got ${quote(subjects)}.`,
    );
  }
  const filters = subjects.map((subject) => names.requestPrefix + requireRequestPattern(subject));
  const [first] = filters;
  return {
    durable_name: name,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ...(filters.length === 1 ? { filter_subject: first } : { filter_subjects: filters }),
    ack_wait: nanos(ackWaitMs),
    // At its own limit the server would keep the request and never deliver it again. Responders count attempts instead.
    max_deliver: -1,
    metadata: { [maxAttemptsKey]: String(maxDeliver), ...(shared ? { [sharedKey]: "true" } : {}) },
    max_ack_pending: maxAckPending,
    // Responders pull; a push consumer of this name is of no use to them.
    deliver_subject: "",
  };
}

/** On a work queue the server refuses a consumer that takes what another one takes, and a filter that overlaps another of its own. */
function requireDisjoint(plans: readonly ConsumerPlan[]): void {
  const filters = plans.flatMap((plan) => filtersOf(plan).map((filter) => ({ consumer: plan.durable_name, filter })));
  for (const [n, one] of filters.entries()) {
    for (const other of filters.slice(n + 1)) {
      if (!overlap(one.filter.split("."), other.filter.split("."))) continue;
      throw new InvalidInputError(
        `Expected each subject in one consumer, got ${one.filter} in ${one.consumer} and ${other.filter} in ${other.consumer}, which overlap.`,
      );
    }
  }
}

/** What `setup` makes names its limit of attempts; before nats-server 2.10 a consumer holds no such entry. */
export const isOfSetup = ({ name, config }: ConsumerInfo): boolean =>
  name === "responder" || config.metadata?.[maxAttemptsKey] !== undefined;

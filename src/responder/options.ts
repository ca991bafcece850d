// Responder options: what a caller can set, and the ranges.
import { checkOptions, type OptionNames } from "../protocol/check-options.js";
import { InvalidInputError, type KitError } from "../protocol/errors.js";
import type { Observe, ResponderEvent } from "../protocol/events.js";
import { type QueueOptions, queueOptionNames } from "../protocol/queue-names.js";
import type { ReplyAddresses } from "../protocol/subjects.js";
import type { Telemetry } from "../protocol/telemetry.js";
import { type Handlers, HandlerTable, type InferredHandlers } from "./handlers.js";
import type { RetryOptions } from "./retry.js";
import type { ServiceOptions } from "./service.js";

/** Options of `Responder.start`. All times in milliseconds. */
export interface ResponderOptions extends QueueOptions {
  /**
   * The handler or the fixed reply for each subject below `requests.`, e.g. `{ "order-tea": (request) => request.text }`, also
   * with wildcards: `"eu.*"`, `">"`.
   * While a handler runs, the responder keeps its request from being delivered again, without a limit. A handler that may
   * hang needs a time-out of its own; `drain({ timeoutMs })` NAKs its request, but cannot end the handler.
   */
  handlers: Handlers;
  /** In events and error messages. Responders that share the consumer share its work. Default `responder`. */
  name?: string;
  /**
   * A request without a handler is terminated; `reject` (default) also stores a `rejected` reply. Not on a consumer that `setup` made
   * `shared`: there such a request is NAKed, for a responder that has a handler.
   */
  unmatched?: "reject" | "silent";
  /** Handlers that run at the same time. Default 16. */
  concurrency?: number;
  /**
   * Most requests in hand: those that wait, those that run, and those whose reply has no PubAck yet. The responder asks for fewer when
   * handlers take so long that a waiting request would use up half of `ack_wait`. Default: as many as the concurrency wait or
   * run, and a handler that has ended makes room at once: up to 1,000 replies and 16 MiB wait for their PubAcks.
   */
  prefetch?: number;
  /** Where replies may go besides the mailboxes. A request with a forbidden address is terminated. */
  replyAddresses?: ReplyAddresses;
  /** Pauses between the attempts of a handler that throws `RetryLaterError`. Default 100 ms, doubled each time, up to 30 s. */
  retry?: RetryOptions;
  /**
   * Attempts per request, every delivery counted. Default: the limit of `setup` (`maxDeliver`), which the consumer's metadata has; the
   * smallest limit applies, `max_deliver` included. After the last one the request becomes a dead letter in DEAD_LETTERS, and its reply has the status `dead-lettered`.
   */
  maxAttempts?: number;
  /**
   * Milliseconds that an ack may wait for others before they are sent together. Default 5; 0 sends each at once. After a
   * crash within that time a request to a mailbox is found answered, and a request to an inbox runs again. Never more
   * than a twentieth of `ack_wait`, and never more acks than half of `prefetch`.
   */
  ackDelayMs?: number;
  /** The durable consumer. Default `responder`. */
  consumer?: string;
  /** What the responder's own inboxes begin with. Default: the connection's `inboxPrefix`, else `_INBOX`. */
  inboxPrefix?: string;
  /**
   * Whether the responder ends on an error of its pulls: then `closed` rejects with it. Default: only without the permission to pull
   * (NotPermittedError). On any other one, such as NotSetUpError while the consumer or the stream is gone, it tries again until it succeeds.
   */
  fatal?(error: KitError): boolean;
  /**
   * Answers the discovery of NATS services (ADR-32), so that `nats micro ls|info|stats` shows this responder. Default: none. An account
   * without the permission to subscribe to `$SRV.>` causes one warning, and the responder works without discovery.
   */
  service?: ServiceOptions;
  /** Traces and metrics: `openTelemetry()` of `jetstream-request-reply-kit/opentelemetry`. Default: none. */
  telemetry?: Telemetry;
  /** Receives each event before the responder goes on. A process warning reports the first error that it throws or rejects with. */
  observe?: Observe<ResponderEvent>;
}

/** `ResponderOptions` with the types of each handler inferred from its schemas. */
export type InferredOptions<Inputs, Outputs> = Omit<ResponderOptions, "handlers"> & {
  handlers: InferredHandlers<Inputs, Outputs>;
};

export const responderOptionNames = {
  ...queueOptionNames,
  ...{ handlers: true, name: true, unmatched: true, concurrency: true, prefetch: true, replyAddresses: true },
  ...{
    retry: true,
    maxAttempts: true,
    ackDelayMs: true,
    consumer: true,
    inboxPrefix: true,
    observe: true,
    telemetry: true,
    service: true,
    fatal: true,
  },
} satisfies OptionNames<ResponderOptions>;

/** `paused` lasts until `resume()`; `draining` and `drained` are final. */
export type ResponderState = "running" | "pausing" | "paused" | "draining" | "drained";

/** Options of `responder.drain`. */
export interface DrainOptions {
  /**
   * Milliseconds for the handlers that run. After that their `signal` fires, their requests are NAKed, and their results
   * are not used. Default: no limit.
   */
  timeoutMs?: number;
}

export const drainOptionNames = { timeoutMs: true } satisfies OptionNames<DrainOptions>;

/** The result of a drain. */
export interface Drained {
  /**
   * Ids of the requests whose handlers did not end in time, or whose replies could not be stored. Each is redelivered, or, at its last
   * attempt, a dead letter.
   */
  left: readonly string[];
}

/** The option `consumers` of `Responder.start`, in place of `consumer`. */
export interface SeveralConsumers {
  /** The consumers to pull from, by name, such as `{ interactive: { concurrency: 16 }, batch: { concurrency: 2 } }`. */
  consumers: Readonly<Record<string, ConsumerSettings>>;
}

/** Of one of several consumers; what it leaves out is as in the other options of `Responder.start`. */
export type ConsumerSettings = Pick<
  ResponderOptions,
  "concurrency" | "prefetch" | "maxAttempts" | "retry" | "unmatched" | "ackDelayMs"
>;

const consumerSettingNames = {
  ...{ concurrency: true, prefetch: true, maxAttempts: true, retry: true, unmatched: true, ackDelayMs: true },
} satisfies OptionNames<ConsumerSettings>;

/** The options for each of several consumers. @throws InvalidInputError. */
export function optionsByConsumer(
  options: ResponderOptions & Partial<SeveralConsumers>,
): Record<string, ResponderOptions> {
  const { consumers = {}, ...common } = options;
  const isTable = typeof consumers === "object" && consumers !== null && !Array.isArray(consumers);
  const names = isTable ? Object.keys(consumers) : [];
  if (names.length === 0 || common.consumer !== undefined) {
    const got = names.length > 0 ? "consumer, too" : isTable ? "none" : String(consumers);
    throw new InvalidInputError(
      `Expected consumers to be an object such as { interactive: {}, batch: { concurrency: 2 } }, got ${got}.`,
    );
  }
  const entries = names.map((consumer) => {
    const settings = checkOptions(
      `Responder.start, consumers.${consumer},`,
      consumers[consumer] ?? {},
      consumerSettingNames,
    );
    return [consumer, { ...common, ...settings, consumer }] as const;
  });
  return Object.fromEntries(entries);
}

/** @throws InvalidInputError when one is out of its range. */
export function requireCounts(options: ResponderOptions): { concurrency: number; prefetch: number | undefined } {
  const { prefetch } = options;
  const concurrency = requireCount("concurrency", options.concurrency ?? 16, 1, 10_000);
  if (prefetch !== undefined && requireCount("prefetch", prefetch, 1, 20_000) < concurrency) {
    throw new InvalidInputError(
      `Expected the prefetch to be at least the concurrency, ${concurrency}, got ${prefetch}: lower the concurrency, too.`,
    );
  }
  if (options.maxAttempts !== undefined) requireCount("maxAttempts", options.maxAttempts, 1, 1_000_000);
  return { concurrency, prefetch };
}

/** @throws InvalidInputError when it is out of its range. */
export function requireAckDelay(ms = 0): void {
  if (ms >= 0 && ms <= 1_000) return;
  throw new InvalidInputError(`Expected ackDelayMs to be 0 to 1000 milliseconds, got ${ms}.`);
}

/** @throws InvalidInputError when there are none, or one that cannot be used. */
export function requireHandlers(handlers: Handlers): HandlerTable {
  if (typeof handlers === "object" && handlers !== null) return new HandlerTable(handlers);
  throw new InvalidInputError(
    `Expected handlers to be an object such as { "order-tea": (request) => "🍵" }, got ${handlers === null ? "null" : typeof handlers}.`,
  );
}

/** @throws InvalidInputError when it is out of its range. */
export function requireDrainTimeout(ms: number): number {
  if (ms >= 0 && ms <= longestTimerMs) return ms;
  throw new InvalidInputError(`Expected timeoutMs to be 0 to ${longestTimerMs} milliseconds, got ${ms}.`);
}

function requireCount(what: string, n: number, least: number, most: number): number {
  if (Number.isInteger(n) && n >= least && n <= most) return n;
  throw new InvalidInputError(`Expected the ${what} to be a whole number from ${least} to ${most}, got ${n}.`);
}

/** `setTimeout` counts milliseconds in 31 bits. */
export const longestTimerMs = 2_147_483_647;

/** What the consumer says. A consumer that is made anew while the responder runs may say otherwise. */
export interface ConsumerLimits {
  ackWaitMs: number;
  /** Deliveries without an ack, all responders together; -1 for no limit. */
  maxAckPending: number;
  /** After this attempt there is no other: by the consumer's limits and the responder's own. */
  lastAttempt: number;
  /** Responders with different handlers pull from the consumer. */
  shared: boolean;
  /** Of one pull request (`max_batch`, `max_bytes`, `max_expires`); undefined for no limit. */
  pull: { batch?: number | undefined; bytes?: number | undefined; expiresMs?: number | undefined };
}

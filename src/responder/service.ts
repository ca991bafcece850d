// Service: answers the discovery of NATS services (ADR-32), `$SRV.PING|INFO|STATS`, so that `nats micro ls` lists the responder.
import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import { onceWarning } from "../common/user-callback.js";
import { consumerInfoSoon } from "../connection/jetstream.js";
import { checkOptions, type OptionNames } from "../protocol/check-options.js";
import { InvalidInputError } from "../protocol/errors.js";
import type { Status } from "../protocol/events.js";
import type { Body } from "../protocol/headers.js";
import { newRequestId } from "../protocol/request-id.js";
import { fromClientError } from "../protocol/server-error.js";
import { type QueueNames, quote } from "../protocol/subjects.js";

/** Option `service` of `Responder.start`. */
export interface ServiceOptions {
  /** Letters, digits, `-` and `_`. Responders of one name are instances of one service. */
  name: string;
  /** A semantic version, such as `1.2.0`. */
  version: string;
  description?: string;
  metadata?: Readonly<Record<string, string>>;
}

const serviceOptionNames = {
  name: true,
  version: true,
  description: true,
  metadata: true,
} satisfies OptionNames<ServiceOptions>;

/** @throws InvalidInputError when one is not what ADR-32 asks for. */
export function requireService(options: ServiceOptions): ServiceOptions {
  const { name, version } = checkOptions("Responder.start, service,", options, serviceOptionNames);
  if (typeof name !== "string" || !/^[\w-]{1,64}$/.test(name)) {
    throw new InvalidInputError(`Expected service.name to be 1 to 64 letters, digits, "-" or "_", got ${quote(name)}.`);
  }
  if (typeof version !== "string" || !/^\d+\.\d+\.\d+(-[\w.-]+)?(\+[\w.-]+)?$/.test(version)) {
    throw new InvalidInputError(
      `Expected service.version to be a semantic version such as 1.2.0, got ${quote(version)}.`,
    );
  }
  return options;
}

/** What one entry of `handlers` has done since the responder started. */
interface Endpoint {
  name: string;
  pattern: string;
  requests: number;
  errors: number;
  lastError: string;
  ms: number;
}

/** How a handler ended; `retry` if the request is to be delivered again. */
interface HandlerEnd {
  status: Status;
  payload: Body;
  retry?: { message: string } | undefined;
}

interface ServiceContext {
  names: QueueNames;
  consumer: string;
  /** The entries of `handlers`. */
  patterns: readonly string[];
}

/** Addresses of answers that are remembered, so that one which the server refuses is known. */
const mostAnswers = 100;

/**
 * One endpoint for each entry of `handlers`. An account that may not subscribe to `$SRV.>`, or may not publish the answers, causes one
 * warning of the process, and the responder works without discovery.
 */
export class Service {
  readonly #nc: NatsConnection;
  readonly #options: ServiceOptions;
  readonly #context: ServiceContext;
  readonly #id = newRequestId();
  readonly #started = new Date().toISOString();
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #answers = new Set<string>();
  #subscriptions: Subscription[] = [];
  readonly #warn: (error: Error) => void;

  constructor(nc: NatsConnection, options: ServiceOptions, context: ServiceContext) {
    this.#nc = nc;
    this.#options = options;
    this.#context = context;
    this.#warn = onceWarning("The responder answers no service discovery ($SRV.>), and goes on without it");
    for (const pattern of context.patterns) {
      const name = endpointName(pattern, [...this.#endpoints.values()]);
      this.#endpoints.set(pattern, { name, pattern, requests: 0, errors: 0, lastError: "", ms: 0 });
    }
  }

  start(): void {
    const { name } = this.#options;
    for (const subject of ["$SRV.*", `$SRV.*.${name}`, `$SRV.*.${name}.${this.#id}`]) {
      const callback = (error: Error | null, msg: Msg) => {
        if (error) this.#fail(error);
        else void this.#answer(msg).catch((thrown) => this.#fail(thrown));
      };
      this.#subscriptions.push(this.#nc.subscribe(subject, { callback }));
    }
  }

  stop(): void {
    if (!this.#nc.isClosed()) for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#subscriptions = [];
  }

  /** A handler has ended. */
  count(pattern: string, { status, payload, retry }: HandlerEnd, ms: number): void {
    const endpoint = this.#endpoints.get(pattern);
    if (!endpoint) return;
    endpoint.requests++;
    endpoint.ms += ms;
    if (status === "ok" && !retry) return;
    endpoint.errors++;
    endpoint.lastError = retry?.message ?? (typeof payload === "string" ? payload : status);
  }

  /** The server refused a publish: whether it was an answer to a discovery. */
  refuse(subject: string, error: Error): boolean {
    if (!this.#answers.delete(subject)) return false;
    this.#fail(error);
    return true;
  }

  async #answer(msg: Msg): Promise<void> {
    if (!msg.reply) return;
    const answer = await this.#answerTo(msg.subject.split(".")[1] ?? "");
    if (!answer || this.#nc.isClosed()) return;
    this.#answers.add(msg.reply);
    const [oldest] = this.#answers.size > mostAnswers ? this.#answers : [];
    if (oldest !== undefined) this.#answers.delete(oldest);
    this.#nc.publish(msg.reply, JSON.stringify(answer));
  }

  async #answerTo(verb: string): Promise<object | undefined> {
    const { name, version, description = "", metadata = {} } = this.#options;
    const identity = { name, id: this.#id, version, metadata };
    if (verb === "PING") return { type: "io.nats.micro.v1.ping_response", ...identity };
    if (verb === "INFO") {
      return { type: "io.nats.micro.v1.info_response", ...identity, description, endpoints: this.#places() };
    }
    if (verb !== "STATS") return undefined;
    const data = await this.#queueDepth();
    const endpoints = this.#places().map((place) => ({ ...place, ...this.#statistics(place.metadata.handler), data }));
    return { type: "io.nats.micro.v1.stats_response", ...identity, started: this.#started, endpoints };
  }

  #places() {
    const { names, consumer } = this.#context;
    return [...this.#endpoints.values()].map(({ name, pattern }) => ({
      ...{ name, subject: `${names.requestPrefix}${pattern}`, queue_group: consumer },
      metadata: { handler: pattern, stream: names.requestStream, consumer },
    }));
  }

  #statistics(pattern: string) {
    const { requests, errors, lastError, ms } = this.#endpoints.get(pattern) as Endpoint;
    return {
      ...{ num_requests: requests, num_errors: errors, last_error: lastError },
      ...{ processing_time: nanoseconds(ms), average_processing_time: nanoseconds(requests ? ms / requests : 0) },
    };
  }

  /** Of the whole consumer: the server has no count for each subject. Empty if the server does not say it. */
  async #queueDepth(): Promise<{ queue_depth?: number; unacknowledged?: number }> {
    const info = await consumerInfoSoon(this.#nc, this.#context.names, this.#context.consumer);
    return info ? { queue_depth: info.num_pending, unacknowledged: info.num_ack_pending } : {};
  }

  #fail(error: unknown): void {
    this.#warn(fromClientError(`service ${this.#options.name}`, error, this.#context.names));
  }
}

const nanoseconds = (ms: number) => Math.round(ms * 1e6);

/** `eu.*.tea` becomes `eu_tea`: an endpoint's name has letters, digits, `-` and `_`, and is its own. */
function endpointName(pattern: string, before: readonly Endpoint[]): string {
  const base = pattern.replace(/[^\w-]+/g, "_").replace(/^_|_$/g, "") || "all";
  const sameBase = before.filter(({ name }) => name === base || name.startsWith(`${base}-`)).length;
  return sameBase === 0 ? base : `${base}-${sameBase + 1}`;
}

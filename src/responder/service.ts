// Service: answers the discovery of NATS services (ADR-32), `$SRV.PING|INFO|STATS`, so that `nats micro ls` lists the responder.
import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import { warnOf } from "../common/user-callback.js";
import { jetStreamManager } from "../connection/jetstream.js";
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
  #warned = false;

  constructor(nc: NatsConnection, options: ServiceOptions, context: ServiceContext) {
    this.#nc = nc;
    this.#options = options;
    this.#context = context;
    for (const pattern of context.patterns) {
      const name = endpointName(pattern, [...this.#endpoints.values()]);
      this.#endpoints.set(pattern, { name, pattern, requests: 0, errors: 0, lastError: "", ms: 0 });
    }
  }

  start(): void {
    const { name } = this.#options;
    for (const subject of ["$SRV.*", `$SRV.*.${name}`, `$SRV.*.${name}.${this.#id}`]) {
      const callback = (error: Error | null, msg: Msg) => {
        if (error) this.#warn(error);
        else void this.#answer(msg).catch((thrown) => this.#warn(thrown as Error));
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
    this.#warn(error);
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
    const { names, consumer } = this.#context;
    try {
      const jsm = await jetStreamManager(this.#nc, names, 500);
      const { num_pending, num_ack_pending } = await jsm.consumers.info(names.requestStream, consumer);
      return { queue_depth: num_pending, unacknowledged: num_ack_pending };
    } catch {
      return {};
    }
  }

  #warn(error: Error): void {
    if (this.#warned) return;
    this.#warned = true;
    const known = fromClientError(`service ${this.#options.name}`, error, this.#context.names);
    warnOf("The responder answers no service discovery ($SRV.>), and goes on without it")(known);
  }
}

const nanoseconds = (ms: number) => Math.round(ms * 1e6);

/** `eu.*.tea` becomes `eu_tea`: an endpoint's name has letters, digits, `-` and `_`, and is its own. */
function endpointName(pattern: string, before: readonly Endpoint[]): string {
  const base = pattern.replace(/[^\w-]+/g, "_").replace(/^_|_$/g, "") || "all";
  const taken = before.filter(({ name }) => name === base || name.startsWith(`${base}-`)).length;
  return taken === 0 ? base : `${base}-${taken + 1}`;
}

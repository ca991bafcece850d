// Handle calls: what a requester asks about earlier requests, of its queue or of another one on the same JetStream.
import type { NatsConnection } from "@nats-io/nats-core";
import type { QueueNames } from "../protocol/subjects.js";
import type { HandleCall, HandleResult } from "../protocol/telemetry.js";
import { type CancelResult, cancelIn } from "./cancel.js";
import { type CollectManyOptions, type CollectOptions, collectIn, collectManyIn } from "./collect.js";
import { type Handle, namesOf, requireHandle, traced } from "./handle.js";
import { type Located, locateIn } from "./locate.js";
import type { RequesterOptions } from "./options.js";
import type { ManyReply } from "./reply-stream.js";
import type { StoredReply } from "./stored-reply.js";

export class HandleCalls {
  readonly #nc: NatsConnection;
  readonly #names: QueueNames;
  readonly #options: Pick<RequesterOptions, "domain" | "apiPrefix" | "telemetry">;

  constructor(nc: NatsConnection, names: QueueNames, options: RequesterOptions) {
    this.#nc = nc;
    this.#names = names;
    this.#options = options;
  }

  async collect<Output>(handle: Handle, options?: CollectOptions<Output>): Promise<StoredReply<Output> | undefined> {
    return this.#traced("collect", handle, (names) => collectIn(this.#nc, names, handle, options));
  }

  collectMany<Part, Output>(
    handle: Handle,
    options?: CollectManyOptions<Part, Output>,
  ): AsyncGenerator<ManyReply<Part, Output>, void, undefined> {
    return collectManyIn(this.#nc, this.#namesOf(handle), handle, options);
  }

  async cancel(handle: Handle): Promise<CancelResult> {
    return this.#traced("cancel", handle, (names) => cancelIn(this.#nc, names, handle));
  }

  async locate(handle: Handle): Promise<Located> {
    return this.#traced("locate", handle, (names) => locateIn(this.#nc, names, handle));
  }

  #traced<T extends HandleResult | undefined>(
    name: HandleCall["name"],
    handle: Handle,
    run: (names: QueueNames) => Promise<T>,
  ): Promise<T> {
    const names = this.#namesOf(handle);
    return traced(this.#options.telemetry, name, names, handle, () => run(names));
  }

  #namesOf(handle: Handle): QueueNames {
    if (requireHandle(handle).stream === this.#names.requestStream) return this.#names;
    const { domain, apiPrefix } = this.#options;
    return namesOf(handle, { domain, apiPrefix });
  }
}

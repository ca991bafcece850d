// A request that waits for no reply (`requester.send`): publish and PubAck, or a schedule of the server for a later time.
import type { NatsConnection } from "@nats-io/nats-core";
import { unlessAborted } from "../common/on-abort.js";
import { endMs, inTime, resultBy } from "../connection/flush.js";
import { ConfirmedPublisher } from "../connection/publish.js";
import type { Observe, RequesterEvent } from "../protocol/events.js";
import { requestHeaders, type WriteRequestHeaders } from "../protocol/headers.js";
import { encodeContent, type MessageContent, type MessagePayload } from "../protocol/message-content.js";
import type { PubAck } from "../protocol/pub-ack.js";
import { newRequestId } from "../protocol/request-id.js";
import { fromClientError } from "../protocol/server-error.js";
import { type QueueNames, requireRequestId } from "../protocol/subjects.js";
import type { RequesterTelemetry } from "../protocol/telemetry.js";
import { firstRequest } from "./duplicate-request.js";
import { type Handle, handleOf } from "./handle.js";
import { requireTimeout, type SendOptions, sendTimeoutMs } from "./options.js";
import { OutstandingLimit, type Unsent } from "./outstanding-limit.js";
import { mayBeStored, otherSubject, RequestAbortedError } from "./pending-requests.js";
import { requireScheduleOptions, type Schedule, scheduleFor } from "./schedule.js";
import type { TakenSubjects } from "./taken-subjects.js";

interface SendHost {
  names: QueueNames;
  /** The requester's. */
  name: string;
  /** Default 1000. */
  maxOutstanding: number | undefined;
  maxWaiting: number | undefined;
  inboxPrefix: string | undefined;
  observe: Observe<RequesterEvent> | undefined;
  telemetry: RequesterTelemetry | undefined;
  /** Why the requester sends nothing any more. */
  broken(): Error | undefined;
  /** Absent if the stream takes every request of the queue. */
  taken(): TakenSubjects | undefined;
  /** Its reply will reach this requester, which does not wait for it. */
  onPublish(id: string): void;
  onStored(sequence: number): void;
}

/** The sends of one requester. */
export class Sends {
  /** Publishes the requests again that have no PubAck. */
  readonly publisher: ConfirmedPublisher;
  readonly #nc: NatsConnection;
  readonly #host: SendHost;
  readonly #limit: OutstandingLimit;
  readonly #headers: WriteRequestHeaders;

  constructor(nc: NatsConnection, host: SendHost) {
    const { names, maxOutstanding = 1000, maxWaiting, inboxPrefix, observe } = host;
    this.#nc = nc;
    this.#host = host;
    this.publisher = new ConfirmedPublisher(nc, names, inboxPrefix);
    this.#limit = new OutstandingLimit({ maxOutstanding, maxWaiting, observe });
    this.#headers = requestHeaders(names);
  }

  /** Resolves with the handle when the request is stored. @throws as `requester.send`. */
  async send(subject: string, payload: MessagePayload, options: SendOptions): Promise<Handle> {
    const { id: callerId, as, signal, timeoutMs = sendTimeoutMs, headers, input } = options;
    requireTimeout(timeoutMs);
    requireScheduleOptions(options);
    const { names, name } = this.#host;
    const content = encodeContent(payload, headers, input);
    const id = callerId ?? newRequestId();
    const unsent: Unsent = { request: id, subject: names.requestSubject(subject), strategy: "mailbox", as };
    requireRequestId("the request id", id);
    try {
      const isForLater = options.at !== undefined || options.delayMs !== undefined;
      const scheduled = { requester: name, request: id, target: unsent.subject };
      let isPublished = false;
      const taken = this.#host.taken();
      if (taken) await taken.require(unsent.subject, signal);
      const publish = async () => {
        const deadline = performance.now() + timeoutMs;
        const schedule = isForLater ? await scheduleFor(this.#nc, names, scheduled, options, timeoutMs) : undefined;
        signal?.throwIfAborted();
        isPublished = true;
        const leftMs = schedule ? Math.max(1, deadline - performance.now()) : timeoutMs;
        const ack = await this.#publish(unsent, content, leftMs, callerId !== undefined, schedule);
        return { ...ack, at: schedule?.at };
      };
      const stored = this.#limit.take(publish, signal, unsent);
      const aborted = (cause: unknown) => {
        if (!isPublished) return cause;
        const reason = "its signal fired before the PubAck, so whether it is stored is unknown";
        return new RequestAbortedError(handleOf(names, name, undefined, id, 0), reason, { cause });
      };
      const { stream, sequence, duplicate, at } = await (signal ? unlessAborted(stored, signal, aborted) : stored);
      const handle: Handle = { ...handleOf(names, name, undefined, id, sequence), stream };
      if (at !== undefined) handle.at = at;
      if (duplicate && callerId !== undefined) await this.#requireSameSubject(handle, unsent.subject);
      if (!duplicate && sequence > 0) this.#host.onStored(sequence);
      return handle;
    } catch (error) {
      if (error === this.#host.broken() || (signal?.aborted && error === signal.reason)) throw error;
      throw fromClientError(`request to ${unsent.subject}`, error);
    }
  }

  async #publish(
    { request, subject, strategy, as }: Unsent,
    { body: payload, headers: callerHeaders }: MessageContent,
    timeoutMs: number,
    idGiven: boolean,
    schedule: Schedule | undefined,
  ): Promise<PubAck> {
    const { names, name, observe, telemetry } = this.#host;
    this.#requireWorking();
    this.#host.onPublish(request);
    observe?.({ type: "requested", request, subject, strategy, ...(as ? { as } : {}) });
    this.#requireWorking(); // the observer may have failed: nothing is sent that is not recorded
    const more = telemetry ? telemetry.requestHeaders(request, callerHeaders) : callerHeaders;
    const pairs = schedule ? [...(more ?? []), ...schedule.headers] : more;
    const sentTo = idGiven ? subject : undefined;
    const headers = this.#headers(request, names.mailboxSubject(name, request), undefined, sentTo, pairs);
    const toPublish = { id: request, subject: schedule?.subject ?? subject, payload, headers, timeoutMs };
    let stored: PubAck;
    try {
      stored = await this.publisher.publishRequest(toPublish);
    } catch (error) {
      const known = fromClientError(`request to ${subject}`, error);
      const open = mayBeStored(known) ? { open: true as const } : {};
      observe?.({ type: "request-failed", request, error: known.message, ...open });
      throw known;
    }
    observe?.({ type: "stored", request, ...stored });
    return stored;
  }

  /** Resolves when each request on its way has its PubAck, at most 10 s later. */
  async idle(): Promise<void> {
    await inTime(this.#limit.idle(), sendTimeoutMs);
  }

  #requireWorking(): void {
    const broken = this.#host.broken();
    if (broken) throw broken;
  }

  /** @throws DuplicateIdError if the id was sent before on another subject, as far as the account may find that out. */
  async #requireSameSubject(handle: Handle, subject: string): Promise<void> {
    const find = () => firstRequest(this.#nc, this.#host.names, handle).catch(() => undefined);
    const first = await resultBy(performance.now() + endMs, find, () => undefined);
    const error = otherSubject({ id: handle.request, subject }, first?.subject);
    if (error) throw error;
  }
}

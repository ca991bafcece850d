// Collect: the stored reply to an earlier request, for any process that has its handle.
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { onAbort } from "../common/on-abort.js";
import { answerMs, endMs, flushConnection, resultBy } from "../connection/flush.js";
import { isFinal, retryUntilAnswered } from "../connection/retry.js";
import { watchConnection } from "../connection/watch.js";
import { checkOptions, type OptionNames } from "../protocol/check-options.js";
import { ClosedError, NoAnswerError } from "../protocol/errors.js";
import { partOf, partSubject } from "../protocol/headers.js";
import { type QueueOptions, queueOptionNames } from "../protocol/queue-names.js";
import { fromClientError } from "../protocol/server-error.js";
import { readReplyBySchema, requireSchema, type StandardSchema } from "../protocol/standard-schema.js";
import type { QueueNames } from "../protocol/subjects.js";
import type { TracedOptions } from "../protocol/telemetry.js";
import { asHandle, type Handle, type HandleLike, namesOf, traced } from "./handle.js";
import { requireTimeout } from "./options.js";
import {
  Arrivals,
  asLast,
  asPart,
  inOrder,
  type Limits,
  type ManyReply,
  type ManySchemas,
  readBySchemas,
  requireSchemas,
  storedParts,
} from "./reply-stream.js";
import { requireLimits } from "./request-many.js";
import { readStoredReply, replyPlace, type StoredReply } from "./stored-reply.js";

/** Options of `collect`. `Output` is what the `output` schema makes of the reply. */
export interface CollectOptions<Output = unknown> {
  /** Milliseconds to wait for a reply that is not stored yet. Default 0: look once. */
  timeoutMs?: number;
  /** Ends the wait: the call rejects with the signal's reason. The reply, when it comes, stays stored. */
  signal?: AbortSignal;
  /** A schema: `reply.json()` of a reply `ok` returns what the schema makes of the payload, or throws UnreadablePayloadError. */
  output?: StandardSchema<unknown, Output>;
}

const collectOptionNames = { timeoutMs: true, signal: true, output: true } satisfies OptionNames<CollectOptions>;

/**
 * The stored reply, or undefined when there is none in time. Listens before it looks, so that a reply stored in
 * between is not missed. A handle whose store is `shared` finds none: nothing reads that stream by request. The reply
 * stays stored: collecting twice gives the same reply.
 * @throws InvalidInputError when the handle or the time-out is none, ForeignReplyError when another message is in the mailbox, ClosedError
 * when the connection closes while it waits, NoAnswerError when the server does not answer (within 5 s, or 2 s after `timeoutMs`), and
 * the other errors of the server.
 */
export async function collect<Output = unknown>(
  nc: NatsConnection,
  of: HandleLike,
  options: CollectOptions<Output> & QueueOptions & TracedOptions = {},
): Promise<StoredReply<Output> | undefined> {
  checkOptions("collect", options, { ...collectOptionNames, ...queueOptionNames, telemetry: true });
  const { timeoutMs, signal, output, telemetry } = options;
  const handle = asHandle(of, options);
  const names = namesOf(handle, options);
  const run = () => collectIn(nc, names, handle, { timeoutMs, signal, output });
  return traced(telemetry, "collect", names, handle, run);
}

export async function collectIn<Output = unknown>(
  nc: NatsConnection,
  names: QueueNames,
  handle: Handle,
  options: CollectOptions<Output> = {},
): Promise<StoredReply<Output> | undefined> {
  const { output } = checkOptions("collect", options, collectOptionNames);
  if (output) requireSchema("output", output);
  const reply = await collectReply(nc, names, handle, options);
  if (reply && output) await readReplyBySchema(reply, output);
  return reply as StoredReply<Output> | undefined;
}

async function collectReply(
  nc: NatsConnection,
  names: QueueNames,
  handle: Handle,
  options: CollectOptions,
): Promise<StoredReply | undefined> {
  const { signal } = options;
  signal?.throwIfAborted();
  if (!options.timeoutMs) return readStoredReply(nc, names, handle);
  const until = performance.now() + requireTimeout(options.timeoutMs) + endMs;
  let stop = () => {};
  try {
    const arrived = nextMessage(nc, names, handle, options.timeoutMs, signal);
    stop = arrived.stop;
    // Raced: what the client is asked for while it closes, it answers with a time-out of 5 s, or (flush) never.
    const look = flushConnection(nc).then(() => readStoredReply(nc, names, handle));
    const first = look.catch((error) => arrived.lookAgain(error));
    const already = await Promise.race([first, arrived.sign, arrived.failed]);
    if (already) return already;
    await Promise.race([arrived.sign, arrived.failed]);
    // Also when nothing arrived: a break in the connection swallows what is republished, not what is stored.
    return await resultBy(until, () => readStoredReply(nc, names, handle, answerMs), noAnswerInTime);
  } catch (error) {
    signal?.throwIfAborted();
    throw fromClientError(`request ${handle.request}`, error, names);
  } finally {
    stop();
  }
}

/**
 * `sign` resolves when the reply is stored, as far as the requester learns of it, or when there was none in time; `failed` rejects when there
 * can be none.
 */
function nextMessage(
  nc: NatsConnection,
  names: QueueNames,
  handle: Handle,
  timeoutMs: number,
  signal: AbortSignal | undefined,
) {
  let fail: (error: Error) => void = () => {};
  let resolve = () => {};
  let over = false;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const sign = new Promise<undefined>((done) => {
    resolve = () => done(undefined);
  });
  const subscription = nc.subscribe(names.republishedSubject(handle.requester, handle.request), {
    max: 1,
    callback: (error) => (error ? fail(error) : resolve()),
  });
  const timer = setTimeout(resolve, timeoutMs);
  const stopListening = onAbort(signal, (reason) => fail(reason));
  const missed = async () => {
    if (await isAnswered(nc, names, handle)) resolve();
  };
  const looking = () => retryUntilAnswered([missed], () => over);
  // A look that was under way when the connection broke has no answer either, and that is no end.
  const lookAgain = (error: unknown): undefined => {
    if (!(error instanceof NoAnswerError)) throw error;
    void looking();
  };
  const stopWatching = watchConnection(nc, {
    reconnected: () => void looking(),
    closed: () => fail(new ClosedError(closedMeanwhile)),
  });
  const stop = () => {
    over = true;
    clearTimeout(timer);
    stopListening();
    stopWatching();
    if (!nc.isClosed()) subscription.unsubscribe();
    resolve();
  };
  failed.catch(() => {}); // it is handled where it is raced
  return { sign, failed, lookAgain, stop };
}

/** True also where looking again would find the same error. @throws what may pass. */
async function isAnswered(nc: NatsConnection, names: QueueNames, handle: Handle): Promise<boolean> {
  try {
    return (await readStoredReply(nc, names, handle)) !== undefined;
  } catch (error) {
    if (isFinal(error)) return true;
    throw error;
  }
}

const notInTime = "The server did not say in time whether a reply is stored.";

const noAnswerInTime = () => {
  throw new NoAnswerError(notInTime);
};

/** Why waiting for what is stored ended. */
const closedMeanwhile =
  "The connection was closed while waiting for a reply; connect again, and collect it with the same handle.";

export const emptyMailbox = (names: QueueNames, handle: Handle) =>
  `${replyPlace(names, handle).stream} holds no reply for request ${handle.request} of ${handle.requester}`;

/** `timeoutMs` is for all of it; 0, the default, gives what is stored, and waits for nothing. */
export interface CollectManyOptions<Part = unknown, Output = unknown>
  extends Omit<CollectOptions, "output">,
    ManySchemas<Part, Output>,
    Limits {}

const collectManyOptionNames = {
  timeoutMs: true,
  signal: true,
  ...{ stallMs: true, maximum: true, part: true, output: true },
} satisfies OptionNames<CollectManyOptions>;

/**
 * The stored replies in order: parts (`last: false`), and then the last one, which ends it. Without `last: true` it is not
 * complete: the time was up, nothing came within `stallMs`, or `maximum` was reached; iterate again later, from the
 * first on: they stay stored. Listens before it looks, so that what is stored in between is not missed.
 * @throws PartMissingError when the reply stream no longer holds a part, ForeignReplyError when another message is in the mailbox, ClosedError
 * when the connection closes meanwhile, InvalidInputError, NoAnswerError when the server does not answer (as `collect`), and the other
 * errors of the server.
 */
export async function* collectMany<Part, Output>(
  nc: NatsConnection,
  of: HandleLike,
  options: CollectManyOptions<Part, Output> & QueueOptions = {},
): AsyncGenerator<ManyReply<Part, Output>, void, undefined> {
  checkOptions("collectMany", options, { ...collectManyOptionNames, ...queueOptionNames });
  const { timeoutMs, signal, stallMs, maximum, part, output } = options;
  const handle = asHandle(of, options);
  const own = { timeoutMs, signal, stallMs, maximum, part, output };
  yield* collectManyIn(nc, namesOf(handle, options), handle, own);
}

export async function* collectManyIn<Part, Output>(
  nc: NatsConnection,
  names: QueueNames,
  handle: Handle,
  options: CollectManyOptions<Part, Output> = {},
): AsyncGenerator<ManyReply<Part, Output>, void, undefined> {
  checkOptions("collectMany", options, collectManyOptionNames);
  requireLimits(options);
  requireSchemas(options);
  yield* readBySchemas(storedReplies(nc, names, handle, options), options);
}

async function* storedReplies(
  nc: NatsConnection,
  names: QueueNames,
  handle: Handle,
  options: CollectManyOptions,
): AsyncGenerator<ManyReply, void, undefined> {
  if (handle.store) {
    // One reply, and no parts: `requestMany` refuses these.
    const reply = await collectIn(nc, names, handle, { timeoutMs: options.timeoutMs, signal: options.signal });
    if (reply) yield asLast(reply, 0);
    return;
  }
  const { timeoutMs, signal } = options;
  const waiting = new Collecting(nc, names, handle);
  try {
    signal?.throwIfAborted();
    await waiting.start(timeoutMs, signal);
    const { arrivals } = waiting;
    const limits = { ...options, endMs: timeoutMs ? timeoutMs + endMs : undefined };
    yield* inOrder(arrivals, storedParts(nc, names, handle), limits, () => arrivals.stop());
  } catch (error) {
    signal?.throwIfAborted();
    throw fromClientError(`request ${handle.request}`, error, names);
  } finally {
    waiting.stop();
  }
}

class Collecting {
  readonly arrivals = new Arrivals(true);
  readonly #nc: NatsConnection;
  readonly #names: QueueNames;
  readonly #handle: Handle;
  #stop: (() => void)[] = [];
  #over = false;

  constructor(nc: NatsConnection, names: QueueNames, handle: Handle) {
    this.#nc = nc;
    this.#names = names;
    this.#handle = handle;
  }

  async start(timeoutMs = 0, signal?: AbortSignal): Promise<void> {
    if (timeoutMs > 0) {
      this.#stop.push(onAbort(signal, (reason) => this.arrivals.fail(reason)));
      this.#listen(requireTimeout(timeoutMs));
      void this.#firstLook();
      return;
    }
    await this.#look();
    this.arrivals.stop();
  }

  stop(): void {
    this.#over = true;
    for (const stop of this.#stop) stop();
  }

  #listen(timeoutMs: number): void {
    const { requester, request } = this.#handle;
    const last = this.#names.republishedSubject(requester, request);
    // The message is only the sign that it is stored.
    this.#subscribe(last, () => void this.#lookOrFail());
    this.#subscribe(partSubject(last, "*"), (msg) => {
      const part = partOf(msg.subject);
      if (part) this.arrivals.part(asPart(part.index, msg));
    });
    const timer = setTimeout(() => void this.#lastLook().then(() => this.arrivals.stop()), timeoutMs);
    this.#stop.push(() => clearTimeout(timer));
    // A break in the connection swallows what is republished, not what is stored.
    const reconnected = () => void retryUntilAnswered([this.#lookAfterBreak], () => this.#over);
    const closed = () => this.arrivals.fail(new ClosedError(closedMeanwhile));
    this.#stop.push(watchConnection(this.#nc, { reconnected, closed }));
  }

  #subscribe(subject: string, onMessage: (msg: Msg) => void): void {
    const subscription = this.#nc.subscribe(subject, {
      callback: (error, msg) => (error ? this.arrivals.fail(error) : onMessage(msg)),
    });
    this.#stop.push(() => {
      if (!this.#nc.isClosed()) subscription.unsubscribe();
    });
  }

  /** The last reply first: where it is stored, so are all the parts. */
  async #look(timeoutMs?: number): Promise<void> {
    const stored = await readStoredReply(this.#nc, this.#names, this.#handle, timeoutMs);
    if (stored) this.arrivals.end(stored);
    else this.arrivals.lookAgain();
  }

  /** A look that was under way when the connection broke has no answer, and that is no end. It is not awaited: the time may be up first. */
  async #firstLook(): Promise<void> {
    const listening = flushConnection(this.#nc);
    const error: unknown = await listening.then(() => this.#look()).catch((error) => error);
    if (error instanceof NoAnswerError) await retryUntilAnswered([this.#lookAfterBreak], () => this.#over);
    else if (error !== undefined) this.arrivals.fail(error as Error);
  }

  /** The server may not be ready yet: that is no end. @throws what may pass. */
  #lookAfterBreak = async () => {
    const error: unknown = await this.#look().catch((error) => error);
    if (isFinal(error)) this.arrivals.fail(error as Error);
    else if (error !== undefined) throw error;
  };

  #lookOrFail = () => this.#look(answerMs).catch((error) => this.arrivals.fail(error));

  /** The time is up. */
  #lastLook = () => {
    const until = performance.now() + endMs;
    return resultBy<void>(until, this.#lookOrFail, () => this.arrivals.fail(new NoAnswerError(notInTime)));
  };
}

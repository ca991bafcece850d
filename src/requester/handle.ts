// What a requester keeps to come back for a reply: a short string that any process can use.
import { InvalidInputError } from "../protocol/errors.js";
import { type QueueOptions, queueNames, queueOfStream, queueOptionsOf, requireQueue } from "../protocol/queue-names.js";
import { isRequestId } from "../protocol/request-id.js";
import { type QueueNames, quote, requireName, requireRequestId } from "../protocol/subjects.js";
import type { HandleCall, HandleResult, Telemetry } from "../protocol/telemetry.js";

/** The place of a request and its reply, as plain data: it can be stored, and any process can collect, locate or cancel with it. */
export interface Handle {
  requester: string;
  request: string;
  /** Its queue; absent for the default queue. The text form has it in the name of the stream. */
  queue?: string;
  /** The request stream. */
  stream: string;
  /** The request's sequence in that stream; 0 when no PubAck came, so that it is unknown. */
  sequence: number;
  /** Where the reply is, when not in the mailbox. */
  store?: "kv" | "shared";
  /** When the request is due (`send` with `at` or `delayMs`), in milliseconds since the epoch: `sequence` is that of its schedule. */
  at?: number | undefined;
}

/** A request by what its sender knows without the handle. */
export interface RequestKey {
  requester: string;
  /** The request's id. */
  id: string;
}

/** A handle, its text, or the names of requester and request. */
export type HandleLike = Handle | RequestKey | string;

/** @throws InvalidInputError when it is none of them. */
export function asHandle(of: HandleLike, options: QueueOptions = {}): Handle {
  if (typeof of === "string") return parseHandle(of);
  if (typeof of !== "object" || of === null || !("id" in of)) return requireHandle(of as Handle);
  const names = queueNames(options);
  return requireHandle(handleOf(names, of.requester, undefined, of.id, 0));
}

/** The handle of a request that its requester has just sent. `sequence` is 0 until the PubAck came. */
export function handleOf(
  { queue, requestStream: stream }: QueueNames,
  requester: string,
  store: Handle["store"],
  request: string,
  sequence: number,
): Handle {
  const handle: Handle = { requester, request, stream, sequence };
  if (queue !== undefined) handle.queue = queue;
  if (store) handle.store = store;
  return handle;
}

/** `alice.kXQ3….REQUESTS.17`, `alice.kXQ3….PAYMENTS_REQUESTS.17` of the queue `payments`, or `….17.kv`. The request id alone can hold a dot, and is what stands between the others. */
export function formatHandle(h: Handle): string {
  return `${h.requester}.${h.request}.${h.stream}.${h.sequence}${h.store ? `.${h.store}` : ""}${h.at === undefined ? "" : `.at-${h.at}`}`;
}

/** @throws InvalidInputError when the text is not a handle. */
export function parseHandle(text: string): Handle {
  const match = /^([\w-]{1,64})\.(.+)\.([\w-]{1,128})\.(\d{1,15})(?:\.(kv|shared))?(?:\.at-(\d{1,15}))?$/.exec(text);
  if (match && isRequestId(match[2])) {
    const [, requester = "", request = "", stream = "", sequence, store, at] = match;
    const handle: Handle = { requester, request, stream, sequence: Number(sequence) };
    const queue = queueOfStream(stream)?.queue;
    if (queue !== undefined) handle.queue = queue;
    if (store) handle.store = store as "kv" | "shared";
    if (at) handle.at = Number(at);
    return handle;
  }
  throw new InvalidInputError(
    `Expected a handle such as alice.MTKZ8Q2V5J7X.REQUESTS.17 (requester, request id, stream, sequence), got ${quote(text)}.`,
  );
}

/**
 * The names of the handle's queue. The handle says its queue; `options` say where JetStream is, and the names of a queue that has its own.
 * @throws InvalidInputError when it is a handle of another queue than that of the options, or of a queue whose names are not known.
 */
export function namesOf(handle: Handle, options: QueueOptions = {}): QueueNames {
  const { stream, queue } = requireHandle(handle);
  const ofHandle = options.names ? {} : queue === undefined ? queueOfStream(stream) : { queue };
  const names = queueNames({ ...queueOptionsOf(options), ...ofHandle });
  const isOther = options.queue !== undefined && names.queue !== options.queue;
  if (names.requestStream === stream && !isOther) return names;
  const expected = isOther || !ofHandle || options.names ? queueNames(options).requestStream : names.requestStream;
  throw new InvalidInputError(
    `Expected the handle of a request in ${expected}, got one in ${quote(stream)}; the names of a queue that are not derived have to be given, as \`names\`.`,
  );
}

/**
 * A handle from outside becomes part of subjects: a wildcard in it would find another's reply.
 * @throws InvalidInputError when a part is not what it has to be.
 */
export function requireHandle(handle: Handle): Handle {
  const { requester, request, stream, sequence } = handle ?? {};
  requireName("the handle's requester", requester);
  requireRequestId("the handle's request", request);
  if (typeof stream !== "string" || !/^[\w-]{1,128}$/.test(stream)) {
    throw new InvalidInputError(`Expected the handle's stream to be the name of a stream, got ${quote(stream)}.`);
  }
  const { queue, store } = handle;
  if (queue !== undefined) requireQueue(queue);
  const { at } = handle;
  if (at !== undefined && !(Number.isSafeInteger(at) && at >= 0)) {
    throw new InvalidInputError(`Expected the handle's time to be milliseconds since the epoch, got ${at}.`);
  }
  if (store !== undefined && store !== "kv" && store !== "shared") {
    throw new InvalidInputError(`Expected the handle's store to be kv, shared, or absent, got ${quote(store)}.`);
  }
  if (Number.isInteger(sequence) && sequence >= 0) return handle;
  throw new InvalidInputError(`Expected the handle's sequence to be a whole number from 0, got ${sequence}.`);
}

/** Runs a call about the handle's request, in a span if there is telemetry. */
export function traced<T extends HandleResult | undefined>(
  telemetry: Telemetry | undefined,
  name: HandleCall["name"],
  names: QueueNames,
  { requester, request, stream }: Handle,
  run: () => Promise<T>,
): Promise<T> {
  if (!telemetry) return run();
  return telemetry.traced({ name, stream: name === "collect" ? names.replyStream : stream, requester, request }, run);
}

// What a requester keeps to come back for a reply: a short string that any process can use.
import { InvalidInputError } from "../protocol/errors.js";
import { isRequestId } from "../protocol/request-id.js";
import { type QueueNames, quote, requireName, requireRequestId } from "../protocol/subjects.js";

/** The place of a request and its reply, as plain data: it can be stored, and any process can collect, locate or cancel with it. */
export interface Handle {
  requester: string;
  request: string;
  /** The request stream. */
  stream: string;
  /** The request's sequence in that stream; 0 when no PubAck came, so that it is unknown. */
  sequence: number;
  /** Where the reply is, when not in the mailbox. */
  store?: "kv" | "shared";
  /** When the request is due (`send` with `at` or `delayMs`), in milliseconds since the epoch: `sequence` is that of its schedule. */
  at?: number | undefined;
}

/** The handle of a request that its requester has just sent. `sequence` is 0 until the PubAck came. */
export function handleOf(
  { requestStream: stream }: QueueNames,
  requester: string,
  store: Handle["store"],
  request: string,
  sequence: number,
): Handle {
  const handle = { requester, request, stream, sequence };
  return store ? { ...handle, store } : handle;
}

/** `alice.kXQ3….REQUESTS.17`, or `….17.kv`. The request id alone can hold a dot, and is what stands between the others. */
export function formatHandle(h: Handle): string {
  return `${h.requester}.${h.request}.${h.stream}.${h.sequence}${h.store ? `.${h.store}` : ""}${h.at === undefined ? "" : `.at-${h.at}`}`;
}

/** @throws InvalidInputError when the text is not a handle. */
export function parseHandle(text: string): Handle {
  const match = /^([\w-]{1,64})\.(.+)\.([\w-]{1,64})\.(\d{1,15})(?:\.(kv|shared))?(?:\.at-(\d{1,15}))?$/.exec(text);
  if (match && isRequestId(match[2])) {
    const [, requester = "", request = "", stream = "", sequence, store, at] = match;
    const handle: Handle = { requester, request, stream, sequence: Number(sequence) };
    if (store) handle.store = store as "kv" | "shared";
    if (at) handle.at = Number(at);
    return handle;
  }
  throw new InvalidInputError(
    `Expected a handle such as alice.MTKZ8Q2V5J7X.REQUESTS.17 (requester, request id, stream, sequence), got ${quote(text)}.`,
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
  requireName("the handle's stream", stream);
  const { store, at } = handle;
  if (at !== undefined && !(Number.isSafeInteger(at) && at >= 0)) {
    throw new InvalidInputError(`Expected the handle's time to be milliseconds since the epoch, got ${at}.`);
  }
  if (store !== undefined && store !== "kv" && store !== "shared") {
    throw new InvalidInputError(`Expected the handle's store to be kv, shared, or absent, got ${quote(store)}.`);
  }
  if (Number.isInteger(sequence) && sequence >= 0) return handle;
  throw new InvalidInputError(`Expected the handle's sequence to be a whole number from 0, got ${sequence}.`);
}

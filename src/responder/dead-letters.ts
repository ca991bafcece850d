// Dead letters: copies a request that gets no further attempt into DEAD_LETTERS.
import type { MsgHdrs, NatsConnection } from "@nats-io/nats-core";
import { jetStreamManager } from "../connection/jetstream.js";
import { publishOnce } from "../connection/publish.js";
import { type DeadLetterFacts, deadLetterHeader, deadLetterHeaders } from "../protocol/dead-letter.js";
import { InvalidInputError, type KitError, StreamFullError } from "../protocol/errors.js";
import type { Observe, ResponderEvent } from "../protocol/events.js";
import type { HeaderPair } from "../protocol/header-block.js";
import type { PubAck } from "../protocol/pub-ack.js";
import { fromClientError } from "../protocol/server-error.js";
import { header, type QueueNames } from "../protocol/subjects.js";

/** The number of the attempt after which there is none: the smallest of these limits. -1, NaN or absent is no limit. */
export function lastAttempt(...limits: (number | undefined)[]): number {
  return Math.min(...limits.map((limit) => (limit && limit > 0 ? limit : Number.POSITIVE_INFINITY)));
}

/** As long as a reply may be: an error's text can be of any length. */
const longestReason = 1_000;

/** A delivered message and one read from the stream fit. `headers` is absent if the client cannot parse them. */
interface CopiedMessage {
  headers?: MsgHdrs | undefined;
  data: Uint8Array;
}

/** The end of the request once the copy is stored: its reply, and the reason of the `+TERM`. */
interface DeadLetterResult {
  status: "dead-lettered";
  payload: string;
  headers: readonly HeaderPair[];
  terminate: string;
  /** The dead letter is replayed by now: the mailbox belongs to the replay, and gets no reply of this attempt. */
  silent: boolean;
}

/**
 * Copies the request to the dead letters, and returns its result or why there is no copy. The caller stores the result's
 * reply and terminates the request only after that, so that no crash in between loses the request.
 */
export async function deadLetter(
  nc: NatsConnection,
  names: QueueNames,
  message: CopiedMessage,
  failed: DeadLetterFacts,
  observe: Observe<ResponderEvent> | undefined,
): Promise<DeadLetterResult | KitError> {
  const reason = failed.reason.slice(0, longestReason);
  const { request } = failed;
  const copy = await copyToDeadLetters(nc, names, message, { ...failed, reason });
  if (copy instanceof Error) return copy;
  const { stream, sequence: letter, omittedBytes } = copy;
  observe?.({
    type: "dead-lettered",
    request,
    reason,
    stream,
    sequence: letter,
    ...(omittedBytes ? { omittedBytes } : {}),
  });
  return {
    status: "dead-lettered",
    payload: reason,
    headers: [[deadLetterHeader.letter, String(letter)]],
    terminate: `dead-lettered: ${reason}`,
    silent: await isReplayed(nc, names, letter),
  };
}

interface Copy extends PubAck {
  /** Bytes of the request that did not fit; absent on a whole copy. */
  omittedBytes?: number;
}

/**
 * Where the copy is stored, or why it is not: StreamFullError, NotSetUpError, NoAnswerError and the server's other errors.
 * A second copy within the stream's `duplicate_window` is the first one.
 *
 * A request that cannot fit (`max_payload`, the stream's `max_msg_size` or `max_bytes`) is copied without its payload. If its
 * headers do not fit either, they are left out, too.
 */
export async function copyToDeadLetters(
  nc: NatsConnection,
  names: QueueNames,
  message: CopiedMessage,
  facts: DeadLetterFacts,
): Promise<Copy | KitError> {
  let result: Copy | KitError | undefined;
  for (const copy of shorterAndShorter(message)) {
    result = await publishCopy(nc, names, copy, { ...facts, omittedBytes: copy.omittedBytes });
    if (!(result instanceof Error)) return copy.omittedBytes ? { ...result, omittedBytes: copy.omittedBytes } : result;
    if (!(await isTooLarge(nc, names, copy, result))) return result;
  }
  return result as KitError;
}

interface CopyContent extends CopiedMessage {
  omittedBytes?: number;
}

function* shorterAndShorter({ headers, data }: CopiedMessage): Generator<CopyContent> {
  yield { headers, data };
  if (data.length > 0) yield { headers, data: nothing, omittedBytes: data.length };
  if (headers) yield { data: nothing, omittedBytes: data.length + sizeOf(headers) };
}

const nothing = new Uint8Array();

const sizeOf = (headers: MsgHdrs) => (headers as unknown as { encode(): Uint8Array }).encode().length;

async function publishCopy(
  nc: NatsConnection,
  names: QueueNames,
  { headers, data }: CopiedMessage,
  facts: DeadLetterFacts,
): Promise<PubAck | KitError> {
  try {
    const h = deadLetterHeaders(facts, headers);
    h.set(header.expectedStream, names.deadLetterStream);
    h.set(header.messageId, `dead-letter-${facts.sequence}-${facts.request}`);
    return await publishOnce(nc, names, names.deadLetterSubject(facts.subject), data, h);
  } catch (error) {
    return fromClientError(`copy to ${names.deadLetterStream}`, error); // headers that cannot be set
  }
}

/** Whether this copy will never fit. A stream that is full has room for it later, unless it is smaller than the copy. */
async function isTooLarge(
  nc: NatsConnection,
  names: QueueNames,
  { headers, data }: CopiedMessage,
  error: KitError,
): Promise<boolean> {
  if (error instanceof InvalidInputError) return true;
  if (!(error instanceof StreamFullError)) return false;
  try {
    const jsm = await jetStreamManager(nc, names);
    const { max_bytes } = (await jsm.streams.info(names.deadLetterStream)).config;
    return max_bytes > 0 && data.length + (headers ? sizeOf(headers) : 0) > max_bytes;
  } catch {
    return false; // not permitted, or no answer: the copy is tried again
  }
}

/**
 * A copy that is gone from DEAD_LETTERS was replayed: another responder copied the request, crashed, and a person replayed it.
 * If the account may not read the stream, the copy counts as there.
 */
async function isReplayed(nc: NatsConnection, names: QueueNames, sequence: number): Promise<boolean> {
  try {
    const jsm = await jetStreamManager(nc, names);
    return (await jsm.streams.getMessage(names.deadLetterStream, { seq: sequence })) === null;
  } catch {
    return false;
  }
}

// PubAck: the server's answer to a publish into a stream, or the error in it.
import type { Msg } from "@nats-io/nats-core";
import { AlreadyStoredError, type KitError, NotSetUpError, ServerRefusedError } from "./errors.js";
import { isAt } from "./header-block.js";
import { type ApiError, fromApiError } from "./server-error.js";
import type { QueueNames } from "./subjects.js";

export interface PubAck {
  stream: string;
  sequence: number;
  /** The server knew the message id already: nothing new was stored. */
  duplicate: boolean;
}

/**
 * Returns the error instead of throwing it: an error that a subscription's callback throws would end the client's reading from the
 * server.
 */
export function readPubAck(names: QueueNames, msg: Msg, subject: string): PubAck | KitError {
  return readCommon(msg) ?? readJson(names, msg, subject);
}

/** The streams that have sent a PubAck to this process, and how a PubAck of theirs begins. */
const ackBegins: { stream: string; begin: string }[] = [];
const mostAckBegins = 8;
const sequenceField = '"seq":';

/** As the server writes it when nothing is special, read in place; anything else is read as the JSON that it is. */
function readCommon({ data }: Msg): PubAck | undefined {
  for (const { stream, begin } of ackBegins) {
    if (!isAt(data, 0, begin)) continue;
    const sequence = usualSequence(data, begin.length);
    return sequence === undefined ? undefined : { stream, sequence, duplicate: false };
  }
  return undefined;
}

function rememberStream(stream: string): void {
  if (ackBegins.length >= mostAckBegins || ackBegins.some((known) => known.stream === stream)) return;
  ackBegins.push({ stream, begin: `{"stream":"${stream}",` });
}

function usualSequence(data: Uint8Array, after: number): number | undefined {
  const field = data[after] === 0x20 ? after + 1 : after; // some versions write a space here
  if (!isAt(data, field, sequenceField)) return undefined;
  const end = data.length - 1;
  let sequence = 0;
  for (let at = field + sequenceField.length; at < end; at++) {
    const digit = (data[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    sequence = sequence * 10 + digit;
  }
  return data[end] === 0x7d && sequence > 0 && sequence <= Number.MAX_SAFE_INTEGER ? sequence : undefined;
}

/** Status 503: no stream listens on the subject. There is none, or it has no leader just now. Nothing was stored. */
export class NoStreamListensError extends NotSetUpError {
  override name = "NotSetUpError";
}

export const noStreamTakes = (subject: string, cause?: unknown) =>
  new NoStreamListensError(
    `No stream takes ${subject} just now: there is none, or it has no leader for a moment; nothing was stored.`,
    { cause },
  );

function readJson(names: QueueNames, msg: Msg, subject: string): PubAck | KitError {
  if (msg.headers?.code === 503) {
    return noStreamTakes(subject);
  }
  const ack = parse(msg);
  if (ack?.error) return refusal(names, subject, ack.error);
  if (typeof ack?.stream !== "string" || typeof ack.seq !== "number") {
    return new ServerRefusedError(`publish to ${subject}: the answer is no PubAck.`);
  }
  rememberStream(ack.stream);
  return { stream: ack.stream, sequence: ack.seq, duplicate: ack.duplicate === true };
}

/**
 * Whether the server refused a second reply to a request: REPLIES holds one message for each subject. The server has one number for that and
 * for a full stream, so its words decide.
 */
export const isSecondReply = (names: QueueNames, subject: string, error: ApiError): boolean =>
  subject.startsWith(names.replyPrefix) && error.err_code === 10077 && /per subject/.test(error.description ?? "");

function refusal(names: QueueNames, subject: string, error: ApiError): KitError {
  const what = `publish to ${subject}`;
  if (isSecondReply(names, subject, error)) return new AlreadyStoredError(`${what}: ${error.description}.`);
  return fromApiError(what, error, {}, names);
}

interface RawPubAck {
  stream?: unknown;
  seq?: unknown;
  duplicate?: unknown;
  error?: ApiError;
}

function parse(msg: Msg): RawPubAck | undefined | null {
  try {
    return msg.json<RawPubAck>();
  } catch {
    return undefined;
  }
}

// PubAck: the server's answer to a publish into a stream, or the error in it.

import type { Msg } from "@nats-io/nats-core";
import { type KitError, NotSetUpError, ServerRefusedError } from "./errors.js";
import { payloadText } from "./headers.js";
import { type ApiError, fromApiError } from "./server-error.js";

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
export function readPubAck(msg: Msg, subject: string): PubAck | KitError {
  return readCommon(msg) ?? readJson(msg, subject);
}

/** The text that the server writes in most cases; any other is parsed as JSON. */
function readCommon({ data }: Msg): PubAck | undefined {
  if (data.length > 128) return undefined;
  const [, stream, sequence] = /^\{"stream":"([\w-]+)", ?"seq":(\d{1,15})\}$/.exec(payloadText(data)) ?? [];
  return stream ? { stream, sequence: Number(sequence), duplicate: false } : undefined;
}

/** No stream listens on the subject: it does not exist, or in a cluster it has no leader at the moment. Nothing was stored. */
export const noStreamTakes = (subject: string, cause?: unknown) =>
  new NotSetUpError(
    `No stream takes ${subject} just now: run \`jsrr setup\`, or, where a cluster has no leader for a moment, send it again; nothing was stored.`,
    { cause },
  );

function readJson(msg: Msg, subject: string): PubAck | KitError {
  if (msg.headers?.code === 503) {
    return noStreamTakes(subject);
  }
  const ack = parse(msg);
  if (ack?.error) return fromApiError(`publish to ${subject}`, ack.error);
  if (typeof ack?.stream !== "string" || typeof ack.seq !== "number") {
    return new ServerRefusedError(`publish to ${subject}: the answer is no PubAck.`);
  }
  return { stream: ack.stream, sequence: ack.seq, duplicate: ack.duplicate === true };
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

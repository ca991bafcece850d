// The answer to a publish into a stream (server: PubAck), or the error it carries.
import type { Msg } from "@nats-io/nats-core";
import { type KitError, NotSetUp } from "./errors.js";
import { type ApiError, fromApiError } from "./server-error.js";

export interface PubAck {
  stream: string;
  sequence: number;
  /** The server knew the message id already: nothing new was stored. */
  duplicate: boolean;
}

/** Returns the error rather than throwing it: on the hot path it belongs to one request of many. */
export function readPubAck(msg: Msg, subject: string): PubAck | KitError {
  if (msg.headers?.code === 503) {
    return new NotSetUp(`No stream takes ${subject} on this server; run \`jsrr setup\` first.`);
  }
  const ack = msg.json<{ stream: string; seq: number; duplicate?: boolean; error?: ApiError }>();
  if (ack.error) return fromApiError(`publish to ${subject}`, ack.error);
  return { stream: ack.stream, sequence: ack.seq, duplicate: ack.duplicate === true };
}

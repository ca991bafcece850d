// Several replies to one request: parts, counted from 1, each under the reply address and its number; and the reply
// itself, which comes last and says how many parts came before it.
import type { MsgHdrs } from "@nats-io/nats-core";
import type { Addressed } from "./dialects/dialect.js";
import { kit } from "./dialects/kit.js";
import { encodedHeaders } from "./encoded-headers.js";
import { header } from "./names.js";
import { isMailbox, keeping } from "./reply-places.js";

/** `replies.alice.kXQ3.1`: a subject of its own, so that create-only holds for each part. */
export const partSubject = (address: string, index: number | "*") => `${address}.${index}`;

/** The request and the number of a part that arrived; undefined for anything else. */
export function partOf(subject: string): { id: string; index: number } | undefined {
  const [id, index] = subject.split(".").slice(-2);
  return id && index && /^[1-9]\d{0,8}$/.test(index) ? { id, index: Number(index) } : undefined;
}

export function partHeaders(id: string, index: number, createOnly: boolean): MsgHdrs {
  return encodedHeaders(
    [header.requestId, id],
    [header.replyPart, String(index)],
    ...(createOnly ? [[header.expectedLastSubjectSequence, "0"] as const] : []),
  );
}

/** Parts are stored under a mailbox, or sent to an inbox of ours; other conventions would take one for the reply. */
export const carriesParts = ({ dialect, replyTo }: Addressed): boolean =>
  dialect === kit && (isMailbox(replyTo) || keeping(replyTo) === undefined);

// What lies in a mailbox and is no reply to its request. Whoever may send requests can have something stored in another's
// mailbox (a PubAck, a copy of a reply of their own: docs/permissions.md); every reply names its ending, and its request.
import type { MsgHdrs } from "@nats-io/nats-core";
import { headerBlock, valueIn } from "./encoded-headers.js";
import { readHeader } from "./messages.js";
import { header, quote } from "./names.js";

type Read = (name: string) => string | undefined;

/** Why this message of the mailbox of `request` is not its reply; undefined when it is. Must not throw. */
export function whyForeign(
  msg: { readonly headers?: MsgHdrs | undefined },
  request: string,
): string | undefined {
  const block = headerBlock(msg);
  const read: Read = block ? (name) => valueIn(block, name) : (name) => readHeader(msg, name);
  if (read(header.replyEnding) === undefined) return `it has no header ${header.replyEnding}`;
  const id = read(header.requestId);
  return id === undefined || id === request ? undefined : `its header ${header.requestId} is ${quote(id)}`;
}

// Inboxes of our own, under the prefix that the account allows: what the connection was told holds for all that uses it.
import { createInbox, type NatsConnection } from "@nats-io/nats-core";
import { InvalidInput } from "../protocol/errors.js";
import { quote } from "../protocol/names.js";

/** The client keeps its options; where they are otherwise, a prefix has to be said to each part by itself. */
interface Insides {
  options?: { inboxPrefix?: string };
}

/** A new inbox. `prefix`, where given, holds before the connection's own; otherwise `_INBOX`. */
export function newInbox(nc: NatsConnection, prefix?: string): string {
  return createInbox(requireInboxPrefix(prefix ?? (nc as unknown as Insides).options?.inboxPrefix));
}

/** @throws InvalidInput when it is no subject, or has wildcards. */
export function requireInboxPrefix(prefix: string | undefined): string | undefined {
  if (prefix === undefined || /^[^\s.*>\p{Cc}]+(\.[^\s.*>\p{Cc}]+)*$/u.test(prefix)) return prefix;
  throw new InvalidInput(
    `Expected the inbox prefix to be a subject such as _INBOX_alice (no spaces or wildcards), got ${quote(prefix)}.`,
  );
}

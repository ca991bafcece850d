// Inbox: a subject for the replies to one connection, under the prefix that the account allows.
import { createInbox, type NatsConnection } from "@nats-io/nats-core";
import { InvalidInputError } from "../protocol/errors.js";
import { quote } from "../protocol/subjects.js";

/** The client keeps its options on the connection, and its public interface has no other way to the inbox prefix. */
interface ConnectionWithOptions {
  options?: { inboxPrefix?: string };
}

/** What inboxes of this connection begin with; undefined for the client's own `_INBOX`. */
export const inboxPrefixOf = (nc: NatsConnection) => (nc as unknown as ConnectionWithOptions).options?.inboxPrefix;

/** A new inbox under `prefix`, else under the connection's own prefix, else under `_INBOX`. */
export function newInbox(nc: NatsConnection, prefix?: string): string {
  return createInbox(requireInboxPrefix(prefix ?? inboxPrefixOf(nc)));
}

/** @throws InvalidInputError when it is no subject, or has wildcards. */
export function requireInboxPrefix(prefix: string | undefined): string | undefined {
  if (prefix === undefined || /^[^\s.*>\p{Cc}]+(\.[^\s.*>\p{Cc}]+)*$/u.test(prefix)) return prefix;
  throw new InvalidInputError(
    `Expected the inbox prefix to be a subject such as _INBOX_alice (no spaces or wildcards), got ${quote(prefix)}.`,
  );
}

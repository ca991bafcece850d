// Names on the wire: streams, subjects and headers. `Nats-*` only where the server defines the header.
import { InvalidInputError } from "./errors.js";
import { matches } from "./subject-patterns.js";

export const requestStream = "REQUESTS";
export const replyStream = "REPLIES";
/** Requests that no attempt could answer, kept to be read and replayed. */
export const deadLetterStream = "DEAD_LETTERS";
export const responderConsumer = "responder";
/** In the metadata of a consumer: the attempts per request, which responders count. `-1` or absent: no limit. */
export const maxAttemptsKey = "max-attempts";
/** In the metadata of a consumer: `true` if responders with different handlers share it. Absent: each has a handler for each request. */
export const sharedKey = "shared";

export const header = {
  /** Request id; also the stream's deduplication key (server: `duplicate_window`). */
  messageId: "Nats-Msg-Id",
  /** The server refuses the publish when another stream captured it. */
  expectedStream: "Nats-Expected-Stream",
  /** With value 0 the publish is create-only: error 10071 when the subject already holds a message. */
  expectedLastSubjectSequence: "Nats-Expected-Last-Subject-Sequence",
  /** Where the reply goes. A consumed message's own `reply` is its ack address, so it travels here. */
  replyTo: "Reply-To",
  /** How long the server keeps a queued request, e.g. `62s`: whole seconds, at least one (nats-server 2.11). */
  timeToLive: "Nats-TTL",
  /** Milliseconds from when the server stored the request: no handler may begin it later. */
  requestTimeout: "Request-Timeout",
  /** The same as milliseconds since the epoch, for requesters that write no `Request-Timeout`. */
  requestDeadline: "Request-Deadline",
  requestId: "Request-Id",
  /** The subject that the requester published to, if the caller chose the id; the reply repeats it. */
  requestSubject: "Request-Subject",
  /** On a cancel: the sequence of the request it is about. */
  requestSequence: "Request-Sequence",
  replyStatus: "Reply-Status",
  /** On one of several replies: its number, from 1. */
  replyPart: "Reply-Part",
  /** On the last of several: how many came before it. */
  replyParts: "Reply-Parts",
  /** ADR-32: set on every reply that is not `ok`. */
  serviceError: "Nats-Service-Error",
  serviceErrorCode: "Nats-Service-Error-Code",
} as const;

const nameToken = /^[A-Za-z0-9_-]{1,64}$/;

/** A requester name, request id, stream or consumer name: it becomes part of subjects and handles. */
export function requireName(what: string, value: string): string {
  if (typeof value === "string" && nameToken.test(value)) return value;
  throw new InvalidInputError(`Expected ${what} to be 1 to 64 letters, digits, "-" or "_", got ${quote(value)}.`);
}

/** A token of a request's subject: no dots, spaces, wildcards or control characters. */
const requestToken = /^[^\s.*>\p{Cc}\p{Cs}]{1,128}$/u;

/** The server holds a subject in memory for each message that it stores. */
const longestRequestSubject = 512;

/** The subject of a request below `requests.`: one or more tokens joined by dots. @throws InvalidInputError. */
export function requireRequestSubject(subject: string): string {
  if (isRequestSubject(subject, (token) => requestToken.test(token))) return subject;
  throw new InvalidInputError(
    `Expected the subject of a request to be tokens such as order-sandwich or eu.order-sandwich (no spaces or wildcards), got ${quote(subject)}.`,
  );
}

/** Subjects of requests, with the wildcards `*` for one token and `>` for all that follow. @throws InvalidInputError. */
export function requireRequestPattern(pattern: string): string {
  const isToken = (token: string, isLast: boolean) =>
    token === "*" || (token === ">" && isLast) || requestToken.test(token);
  if (isRequestSubject(pattern, isToken)) return pattern;
  throw new InvalidInputError(
    `Expected a subject of requests such as eu.order-sandwich, eu.* or eu.> (no spaces, and > as the last token), got ${quote(pattern)}.`,
  );
}

function isRequestSubject(subject: string, isToken: (token: string, isLast: boolean) => boolean): boolean {
  if (typeof subject !== "string" || subject.length > longestRequestSubject) return false;
  const tokens = subject.split(".");
  return tokens.every((token, n) => isToken(token, n === tokens.length - 1));
}

/** Where a core message can be published: a whole subject without wildcards. @throws InvalidInputError. */
export function requireSubject(subject: string): string {
  if (typeof subject === "string" && /^[^\s.*>\p{Cc}\p{Cs}]+(\.[^\s.*>\p{Cc}\p{Cs}]+)*$/u.test(subject)) return subject;
  throw new InvalidInputError(
    `Expected a subject such as services.tea (no spaces or wildcards), got ${quote(subject)}.`,
  );
}

export const requestSubject = (subject: string) => `requests.${requireRequestSubject(subject)}`;

/** `requests.eu.order-tea` becomes `eu.order-tea`. */
export const subjectBelowRequests = (subject: string) => subject.slice(subject.indexOf(".") + 1);

/** A reply is stored under its requester and request: one subject, one reply. */
export const mailboxSubject = (requester: string, request: string) => `replies.${requester}.${request}`;

/** REPLIES republishes each stored reply here (server: stream `republish`), for requesters that are still waiting. */
export const republishedSubject = (requester: string, request: string) => `replied.${requester}.${request}`;

/** `requests.order-tea` becomes `dead-letters.order-tea`. */
export const deadLetterSubject = (subject: string) => `dead-letters.${subjectBelowRequests(subject)}`;

/** The number of an attempt at one message of the queue, on a consumer that several kinds of responder share. */
export const attemptSubject = (messageKey: string, attempt: string) => `attempts.${messageKey}.${attempt}`;

/** The token after the last dot of a message's subject. */
export const lastTokenOf = ({ subject }: { readonly subject: string }): string =>
  subject.slice(subject.lastIndexOf(".") + 1);

/** With the PubAck's address it has to fit the server's `max_control_line`, 4096 bytes; the server disconnects a longer one. */
const longestAddress = 1024;

/**
 * Checks an address that the sender wrote. It must not be among the server's own subjects or in the queue, nor an incomplete
 * mailbox, which no stream stores.
 * @throws InvalidInputError with the reason.
 */
export function requireReplyAddress(subject: string): string {
  const malformed = /^$|[\s*>\p{Cc}\ufffd]|^\.|\.$|\.\./u.test(subject) || subject.length > longestAddress;
  const forbidden = /^(requests|replied|dead-letters|cancels|attempts|scheduled)(\.|$)/.test(subject);
  // Under `$` there is our own bucket, and everything else there is the server's.
  const nowhere = /^(\$|(replies|shared-replies)(\.|$))/.test(subject) && !isKept(subject);
  if (!malformed && !forbidden && !nowhere) return subject;
  throw new InvalidInputError(`the reply address ${quote(subject)} is not allowed`);
}

/** As text that is short and on one line, also for what only the compiler knew to be a string. */
export function quote(value: unknown): string {
  const text = typeof value === "string" ? value : String(value);
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

// Where replies are stored besides the mailbox, for the strategies `kv` and `shared`; and how each place is kept.

export const kvBucket = "REPLIES_KV";
/** A bucket is a stream of this name (ADR-8). */
export const kvStream = `KV_${kvBucket}`;
/** The key is `<requester>.<request id>`. */
export const kvSubject = (requester: string, request: string) => `$KV.${kvBucket}.${requester}.${request}`;

export const sharedStream = "SHARED_REPLIES";
/** All replies of a requester on one subject, as Quarkus and Kafka have it; each names its request in a header. */
export const sharedSubject = (requester: string) => `shared-replies.${requester}`;

export const isMailbox = (subject: string) => /^replies\.[^.]+\.[^.]+$/.test(subject);

const kvKey = /^\$KV\.REPLIES_KV\.[A-Za-z0-9_-]{1,64}\.[A-Za-z0-9_-]{1,64}$/;
const shared = /^shared-replies\.[^.]+$/;

/**
 * How a reply sent to this subject is kept: `once` is create-only, the first one wins; `stored` as often as it is sent;
 * undefined for a core subject, where nothing keeps it.
 */
export function keeping(subject: string): "once" | "stored" | undefined {
  if (isMailbox(subject) || (subject.startsWith("$") && kvKey.test(subject))) return "once";
  return subject.startsWith("shared-replies.") && shared.test(subject) ? "stored" : undefined;
}

export const isKept = (subject: string) => keeping(subject) !== undefined;

// Reply addresses. The sender writes the address, and the responder publishes there with its own permissions. So an address among the
// server's subjects or in the queue is always refused, and another subject needs an entry in the allow-list: a subscriber of
// `payments.execute` would take the reply for a message of the responder's own.

/** To which addresses a responder replies. */
export interface ReplyAddresses {
  /**
   * Subjects, with the wildcards `*` and `>`, outside the kit's own places: `["partner.inbox.>"]`. Mailboxes and the other places
   * that a stream keeps are always allowed; with `[]` nothing else is. Default: inboxes, that is, subjects whose first token
   * begins with `_INBOX`, or that begin with the responder's own inbox prefix.
   */
  allow?: readonly string[];
}

/** Returns the address. @throws InvalidInputError when nothing may be published there. */
export type RequireAddress = (address: string) => string;

/** Also of an account that has an inbox prefix, e.g. `_INBOX_alice.`, or the prefix of the responder's own account. */
const isInbox = (subject: string, ownPrefix: string | undefined) =>
  /^_INBOX[^.]*\../.test(subject) || (ownPrefix !== undefined && subject.startsWith(`${ownPrefix}.`));

/** `ownPrefix` is what the responder's own inboxes begin with. @throws InvalidInputError when an allowed subject is none. */
export function replyAddresses({ allow }: ReplyAddresses = {}, ownPrefix?: string): RequireAddress {
  const patterns = allow?.map(asPattern);
  const isAllowed = (address: string) =>
    patterns ? patterns.some((pattern) => matches(pattern, address.split("."))) : isInbox(address, ownPrefix);
  return (address) => {
    requireReplyAddress(address);
    if (isKept(address) || isAllowed(address)) return address;
    throw new InvalidInputError(`the reply address ${quote(address)} is not among the allowed ones`);
  };
}

function asPattern(subject: string): string[] {
  const tokens = typeof subject === "string" ? subject.split(".") : [""];
  const wrong = (token: string, n: number) =>
    token === ">" ? n < tokens.length - 1 : !/^(\*|[^\s*>\p{Cc}]+)$/u.test(token);
  if (!tokens.some(wrong)) return tokens;
  throw new InvalidInputError(
    `Expected an allowed reply address to be a subject such as partner.inbox.>, got ${quote(subject)}.`,
  );
}

// Names on the wire: the streams and subjects of a queue, and headers. `Nats-*` only where the server defines the header.
import { InvalidInputError } from "./errors.js";
import { idOfToken, idToken, isRequestId, requestIdRule } from "./request-id.js";
import { matches } from "./subject-patterns.js";

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
  /** On a schedule: when the server publishes it as a request, `@at <RFC 3339 time>` (nats-server 2.12; ADR-51). */
  schedule: "Nats-Schedule",
  /** On a schedule: the subject of that request, in the same stream. */
  scheduleTarget: "Nats-Schedule-Target",
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

/** A requester name, stream or consumer name: it becomes part of subjects and handles. */
export function requireName(what: string, value: string): string {
  if (typeof value === "string" && nameToken.test(value)) return value;
  throw new InvalidInputError(`Expected ${what} to be 1 to 64 letters, digits, "-" or "_", got ${quote(value)}.`);
}

/** A token of a request's subject: no dots, spaces, wildcards or control characters. */
const requestToken = /^[^\s.*>\p{Cc}\p{Cs}]{1,128}$/u;

/** The server holds a subject in memory for each message that it stores. */
const longestRequestSubject = 512;

/** The subject of a request below `requests.`: one or more tokens joined by dots. @throws InvalidInputError. */
function requireRequestSubject(subject: string): string {
  if (isRequestSubject(subject, (token) => requestToken.test(token))) return subject;
  throw new InvalidInputError(
    `Expected the order to be subject tokens such as order-sandwich or eu.order-sandwich (no spaces or wildcards), got ${quote(subject)}.`,
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

/** @throws InvalidInputError when a request cannot have this id. */
export function requireRequestId(what: string, id: string): string {
  if (isRequestId(id)) return id;
  throw new InvalidInputError(`Expected ${what} to be ${requestIdRule}, got ${quote(id)}.`);
}

/** The id of the request in the last token of a message's subject. */
export const requestIdIn = (msg: { readonly subject: string }): string => idOfToken(lastTokenOf(msg));

/** The token after the last dot of a message's subject. */
export const lastTokenOf = ({ subject }: { readonly subject: string }): string =>
  subject.slice(subject.lastIndexOf(".") + 1);

/** With the PubAck's address it has to fit the server's `max_control_line`, 4096 bytes; the server disconnects a longer one. */
const longestAddress = 1024;

/** As text that is short and on one line, also for what only the compiler knew to be a string. */
export function quote(value: unknown): string {
  const text = typeof value === "string" ? value : String(value);
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

/** What the names of a queue are made of; every prefix ends with a dot. */
export interface NameParts extends SetupParts {
  /** Absent for the default queue. */
  queue?: string | undefined;
  requestStream: string;
  replyStream: string;
  deadLetterStream: string;
  kvBucket: string;
  sharedStream: string;
  requestPrefix: string;
  replyPrefix: string;
  republishPrefix: string;
  deadLetterPrefix: string;
  cancelPrefix: string;
  sharedPrefix: string;
  attemptPrefix: string;
  schedulePrefix: string;
  apiPrefix: string;
}

/** Of the advice to set up a queue: the command, and what its options do not say. */
export interface SetupParts {
  setupCommand: string;
  setupPlace: string;
}

/**
 * Every name of one queue: its streams, its consumer, its subjects, and the prefix of the JetStream API. `queueNames` makes one from
 * options. Everything that publishes, subscribes or calls the API takes its names from here.
 */
export class QueueNames {
  /** Absent for the default queue. */
  readonly queue: string | undefined;
  readonly requestStream: string;
  /** REPLIES republishes each stored reply, for requesters that are still waiting. */
  readonly replyStream: string;
  /** Requests that no attempt could answer, kept to be read and replayed. */
  readonly deadLetterStream: string;
  /** Replies of the strategy `kv`. */
  readonly kvBucket: string;
  /** A bucket is a stream of this name (ADR-8). */
  readonly kvStream: string;
  /** Replies of the strategy `shared`. */
  readonly sharedStream: string;
  /** The durable consumer that responders share. */
  readonly consumer = "responder";
  /** Before the subject that a caller writes: `requests.`. */
  readonly requestPrefix: string;
  readonly replyPrefix: string;
  readonly republishPrefix: string;
  readonly deadLetterPrefix: string;
  readonly cancelPrefix: string;
  readonly kvPrefix: string;
  readonly sharedPrefix: string;
  /** Numbers of attempts, on a consumer that several kinds of responder share. */
  readonly attemptPrefix: string;
  /** Requests that the server puts into the queue later. */
  readonly schedulePrefix: string;
  /** `$JS.API`, or that of a JetStream domain or of an import. */
  readonly apiPrefix: string;
  readonly #mailbox: RegExp;
  readonly #kvKey: RegExp;
  readonly #shared: RegExp;
  readonly #forbidden: RegExp;
  readonly #stored: RegExp;
  readonly #setup: SetupParts;

  constructor(parts: NameParts) {
    this.queue = parts.queue;
    this.requestStream = parts.requestStream;
    this.replyStream = parts.replyStream;
    this.deadLetterStream = parts.deadLetterStream;
    this.kvBucket = parts.kvBucket;
    this.kvStream = `KV_${parts.kvBucket}`;
    this.sharedStream = parts.sharedStream;
    this.requestPrefix = parts.requestPrefix;
    this.replyPrefix = parts.replyPrefix;
    this.republishPrefix = parts.republishPrefix;
    this.deadLetterPrefix = parts.deadLetterPrefix;
    this.cancelPrefix = parts.cancelPrefix;
    this.kvPrefix = `$KV.${parts.kvBucket}.`;
    this.sharedPrefix = parts.sharedPrefix;
    this.attemptPrefix = parts.attemptPrefix;
    this.schedulePrefix = parts.schedulePrefix;
    this.apiPrefix = parts.apiPrefix;
    this.#setup = { setupCommand: parts.setupCommand, setupPlace: parts.setupPlace };
    this.#mailbox = new RegExp(`^${escaped(this.replyPrefix)}[^.]+\\.[^.]+$`);
    this.#kvKey = new RegExp(`^${escaped(this.kvPrefix)}[A-Za-z0-9_-]{1,64}\\.[A-Za-z0-9_=-]{1,400}$`);
    this.#shared = new RegExp(`^${escaped(this.sharedPrefix)}[^.]+$`);
    const { requestPrefix, republishPrefix, deadLetterPrefix, cancelPrefix, attemptPrefix, schedulePrefix } = this;
    this.#forbidden = below([
      ...[requestPrefix, republishPrefix, deadLetterPrefix, cancelPrefix],
      ...[attemptPrefix, schedulePrefix],
    ]);
    this.#stored = below([this.replyPrefix, this.sharedPrefix]);
  }

  /** For errors: the command that makes the streams of this queue and no others, with these flags of it. */
  setupAdvice(flags = ""): string {
    const { setupCommand, setupPlace } = this.#setup;
    return `\`${setupCommand}${flags && ` ${flags}`}\`${setupPlace}`;
  }

  /** @throws InvalidInputError when no request can have the subject. */
  requestSubject(subject: string): string {
    return this.requestPrefix + requireRequestSubject(subject);
  }

  isRequest(subject: string): boolean {
    return (
      subject.startsWith(this.requestPrefix) &&
      isRequestSubject(this.belowRequests(subject), (token) => requestToken.test(token))
    );
  }

  /** `order-tea` of `requests.order-tea`. */
  belowRequests(subject: string): string {
    return subject.slice(this.requestPrefix.length);
  }

  /** A reply is stored under its requester and request: one subject, one reply. */
  mailboxSubject(requester: string, request: string): string {
    return `${this.replyPrefix}${requester}.${idToken(request)}`;
  }

  /** The reply stream republishes each stored reply here (server: stream `republish`). */
  republishedSubject(requester: string, request: string): string {
    return `${this.republishedTo(requester)}.${idToken(request)}`;
  }

  /** The subjects of all replies to one requester are below this one. */
  republishedTo(requester: string): string {
    return this.republishPrefix + requester;
  }

  /** Where the reply stream, or the bucket, republishes what is stored on this subject. */
  republishedAs(subject: string): string {
    const stored = subject.startsWith(this.kvPrefix) ? this.kvPrefix : this.replyPrefix;
    return this.republishPrefix + subject.slice(stored.length);
  }

  /** `requests.order-tea` becomes `dead-letters.order-tea`. */
  deadLetterSubject(subject: string): string {
    return this.deadLetterPrefix + this.belowRequests(subject);
  }

  /** An account that may publish here can abort handlers: grant it to accounts that may send requests. */
  cancelSubject(request: string): string {
    return this.cancelPrefix + idToken(request);
  }

  /** The key is `<requester>.<request id>`. */
  kvSubject(requester: string, request: string): string {
    return `${this.kvPrefix}${requester}.${idToken(request)}`;
  }

  /** All replies of a requester on one subject, as Quarkus and Kafka have it; each names its request in a header. */
  sharedSubject(requester: string): string {
    return this.sharedPrefix + requester;
  }

  /** The schedule of a request for later. No consumer takes it. */
  scheduleSubject(requester: string, request: string): string {
    return `${this.schedulePrefix}${requester}.${idToken(request)}`;
  }

  /** `messageKey` is the place and the time of one message of the queue. */
  attemptSubject(messageKey: string, attempt: string): string {
    return `${this.attemptPrefix}${messageKey}.${attempt}`;
  }

  isMailbox(subject: string): boolean {
    return this.#mailbox.test(subject);
  }

  /**
   * How a reply sent to this subject is kept: `once` is create-only, the first one wins; `stored` as often as it is sent;
   * undefined for a core subject, where nothing keeps it.
   */
  keeping(subject: string): "once" | "stored" | undefined {
    if (this.#mailbox.test(subject) || (subject.startsWith("$") && this.#kvKey.test(subject))) return "once";
    return subject.startsWith(this.sharedPrefix) && this.#shared.test(subject) ? "stored" : undefined;
  }

  isKept(subject: string): boolean {
    return this.keeping(subject) !== undefined;
  }

  /** Where a reply to this address is kept. */
  streamOf(address: string): string {
    const kept = this.keeping(address);
    if (kept === "stored") return this.sharedStream;
    return kept === undefined || this.isMailbox(address) ? this.replyStream : this.kvStream;
  }

  /**
   * Checks an address that the sender wrote. It must not be among the server's own subjects or in the queue, nor an incomplete
   * mailbox, which no stream stores.
   * @throws InvalidInputError with the reason.
   */
  requireReplyAddress(subject: string): string {
    const malformed = /^$|[\s*>\p{Cc}\ufffd]|^\.|\.$|\.\./u.test(subject) || subject.length > longestAddress;
    // Under `$` there is our own bucket, and everything else there is the server's.
    const nowhere = (subject.startsWith("$") || this.#stored.test(subject)) && !this.isKept(subject);
    if (!malformed && !this.#forbidden.test(subject) && !nowhere) return subject;
    throw new InvalidInputError(`the reply address ${quote(subject)} is not allowed`);
  }
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Subjects that begin with one of these prefixes, and the prefixes without their last dot. */
const below = (prefixes: readonly string[]) =>
  new RegExp(`^(${prefixes.map((prefix) => escaped(prefix.slice(0, -1))).join("|")})(\\.|$)`);

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
export function replyAddresses(names: QueueNames, { allow }: ReplyAddresses = {}, ownPrefix?: string): RequireAddress {
  const patterns = allow?.map(asPattern);
  const isAllowed = (address: string) =>
    patterns ? patterns.some((pattern) => matches(pattern, address.split("."))) : isInbox(address, ownPrefix);
  return (address) => {
    names.requireReplyAddress(address);
    if (names.isKept(address) || isAllowed(address)) return address;
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

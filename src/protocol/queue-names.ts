// Queue names: every stream and subject of a queue, derived in this one place from the options of a public function.
import type { OptionNames } from "./check-options.js";
import { checkOptions } from "./check-options.js";
import { InvalidInputError } from "./errors.js";
import { type NameParts, QueueNames, quote, type SetupParts } from "./subjects.js";

/**
 * Which queue, and where its JetStream is. A queue is one independent request-reply service: streams, subjects and a consumer of its own.
 * All functions of the library take these options; all processes of one queue have to use the same ones.
 */
export interface QueueOptions {
  /**
   * The queue's name: tokens of lower-case letters, digits and "-", joined by dots. `staging.payments` has the streams
   * STAGING_PAYMENTS_REQUESTS, STAGING_PAYMENTS_REPLIES and STAGING_PAYMENTS_DEAD_LETTERS, and the subjects `staging.payments.requests.>`,
   * `staging.payments.replies.>` and so on. Default: REQUESTS, REPLIES and DEAD_LETTERS, on `requests.>`, `replies.>` and so on.
   */
  queue?: string;
  /** Other names than the derived ones, e.g. of streams that an operator made. What is left out is derived from `queue`. */
  names?: OwnNames;
  /** The JetStream domain that has the streams, seen from a leaf node. Default: the domain of the server. */
  domain?: string;
  /** What the JetStream API begins with, where an account imports it from another one. Default `$JS.API`. */
  apiPrefix?: string;
}

/** Names of one's own. `subjects` is what the queue's subjects begin with, e.g. `billing.jobs.>`. */
export interface OwnNames {
  requests?: { stream?: string; subjects?: string };
  /** `republished`: where the reply stream republishes replies, for requesters that wait. */
  replies?: { stream?: string; subjects?: string; republished?: string };
  deadLetters?: { stream?: string; subjects?: string };
  cancels?: { subjects?: string };
}

export const queueOptionNames = {
  ...{ queue: true, names: true, domain: true, apiPrefix: true },
} as const satisfies OptionNames<QueueOptions>;

/** The options of a queue among others. */
export const queueOptionsOf = ({ queue, names, domain, apiPrefix }: QueueOptions): QueueOptions => ({
  ...{ queue, names, domain, apiPrefix },
});

/**
 * The names of a queue. Two queues never have a name in common: a token of a queue's name is none of the words that the subjects of
 * a queue continue with, and the name of a stream says which queue it belongs to.
 * @throws InvalidInputError when a name is none, or two names collide.
 */
export function queueNames(options: QueueOptions = {}): QueueNames {
  const { queue, names, domain, apiPrefix } = options;
  if (queue === undefined && names === undefined && domain === undefined && apiPrefix === undefined) {
    return defaultNames;
  }
  const derived = derive(queue === undefined ? undefined : requireQueue(queue));
  const parts = { ...derived, ...(names ? ownNames(names) : {}), apiPrefix: apiPrefixOf(options) };
  if (names) requireDistinct(parts);
  return new QueueNames({ ...parts, ...setupOf(options) });
}

function derive(queue: string | undefined): Omit<NameParts, keyof SetupParts> {
  const subject = queue === undefined ? "" : `${queue}.`;
  const stream = queue === undefined ? "" : `${queue.toUpperCase().replaceAll(".", "_")}_`;
  return {
    queue,
    requestStream: `${stream}REQUESTS`,
    replyStream: `${stream}REPLIES`,
    deadLetterStream: `${stream}DEAD_LETTERS`,
    kvBucket: `${stream}REPLIES_KV`,
    sharedStream: `${stream}SHARED_REPLIES`,
    requestPrefix: `${subject}requests.`,
    replyPrefix: `${subject}replies.`,
    republishPrefix: `${subject}replied.`,
    deadLetterPrefix: `${subject}dead-letters.`,
    cancelPrefix: `${subject}cancels.`,
    sharedPrefix: `${subject}shared-replies.`,
    attemptPrefix: `${subject}attempts.`,
    schedulePrefix: `${subject}scheduled.`,
    apiPrefix: "$JS.API",
  };
}

/** The default queue: REQUESTS, REPLIES and DEAD_LETTERS, on `requests.>`. */
export const defaultNames = new QueueNames({ ...derive(undefined), ...setupOf({}) });

/** Words that the subjects and streams of a queue continue with: with one of them in its name, a queue would lie within another one. */
const reserved = [
  ...["requests", "replies", "replied", "dead-letters", "cancels", "shared-replies", "shared"],
  ...["attempts", "scheduled"],
];
const longest = 64;

/** @throws InvalidInputError when the text is no name of a queue. */
export function requireQueue(queue: string): string {
  const isName = typeof queue === "string" && /^[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)*$/.test(queue);
  if (!isName || queue.length > longest) {
    throw new InvalidInputError(
      `Expected queue to be 1 to ${longest} lower-case letters, digits, "-" and dots, such as payments or staging.payments, got ${quote(queue)}: another spelling could have the streams of another queue.`,
    );
  }
  const word = queue.split(".").find((token) => reserved.includes(token));
  if (word === undefined) return queue;
  throw new InvalidInputError(
    `Expected queue to be a name without the token ${quote(word)}, got ${quote(queue)}: its subjects would lie within those of another queue.`,
  );
}

/** The queue whose request stream has this derived name, `{}` for the default queue; undefined for any other stream. */
export function queueOfStream(stream: string): Pick<QueueOptions, "queue"> | undefined {
  if (stream === defaultNames.requestStream) return {};
  const [, upper] = /^([A-Z0-9_-]+)_REQUESTS$/.exec(stream) ?? [];
  try {
    return upper === undefined ? undefined : { queue: requireQueue(upper.toLowerCase().replaceAll("_", ".")) };
  } catch {
    return undefined; // the name of a stream that has no queue
  }
}

/**
 * The queue that a subject below `requests.` or `replies.` belongs to by its derived name, `{}` for the default queue; undefined for
 * any other subject.
 */
export function queueOfSubject(subject: string): Pick<QueueOptions, "queue"> | undefined {
  const [found, queue] = /^(?:([a-z0-9.-]+?)\.)?(?:requests|replies)\./.exec(subject) ?? [];
  if (found === undefined) return undefined;
  try {
    return queue === undefined ? {} : { queue: requireQueue(queue) };
  } catch {
    return undefined; // a subject that has no queue
  }
}

/** Whether it is the mailbox of a request, in any queue, by the derived names. */
export function isMailbox(subject: string): boolean {
  const queue = queueOfSubject(subject);
  return queue !== undefined && queueNames(queue).isMailbox(subject);
}

// Names of one's own.

const ownNameNames = {
  requests: { stream: true, subjects: true },
  replies: { stream: true, subjects: true, republished: true },
  deadLetters: { stream: true, subjects: true },
  cancels: { subjects: true },
} as const;

function ownNames(names: OwnNames): Partial<NameParts> {
  checkOptions("names", names, ownNameNames);
  for (const [name, known] of Object.entries(ownNameNames)) {
    const own = names[name as keyof OwnNames];
    if (own !== undefined) checkOptions(`names.${name}`, own, known);
  }
  const { requests, replies, deadLetters, cancels } = names;
  const made: { [name in keyof NameParts]?: string | undefined } = {
    requestStream: asStream("names.requests.stream", requests?.stream),
    requestPrefix: asPrefix("names.requests.subjects", requests?.subjects),
    replyStream: asStream("names.replies.stream", replies?.stream),
    replyPrefix: asPrefix("names.replies.subjects", replies?.subjects),
    republishPrefix: asPrefix("names.replies.republished", replies?.republished),
    deadLetterStream: asStream("names.deadLetters.stream", deadLetters?.stream),
    deadLetterPrefix: asPrefix("names.deadLetters.subjects", deadLetters?.subjects),
    cancelPrefix: asPrefix("names.cancels.subjects", cancels?.subjects),
  };
  return Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined));
}

function asStream(what: string, name: string | undefined): string | undefined {
  if (name === undefined || /^[A-Za-z0-9_-]{1,128}$/.test(name)) return name;
  throw new InvalidInputError(`Expected ${what} to be 1 to 128 letters, digits, "-" or "_", got ${quote(name)}.`);
}

function asPrefix(what: string, subjects: string | undefined): string | undefined {
  if (subjects === undefined) return undefined;
  if (typeof subjects === "string" && /^[^\s.*>$\p{Cc}][^\s.*>\p{Cc}]*(\.[^\s.*>\p{Cc}]+)*\.>$/u.test(subjects)) {
    return subjects.slice(0, -1);
  }
  throw new InvalidInputError(`Expected ${what} to be subjects such as billing.jobs.>, got ${quote(subjects)}.`);
}

/** @throws InvalidInputError when two streams have one name, or the subjects of one lie within those of another. */
function requireDistinct(parts: Omit<NameParts, keyof SetupParts>): void {
  const { requestStream, replyStream, deadLetterStream, kvBucket, sharedStream } = parts;
  const streams = [requestStream, replyStream, deadLetterStream, `KV_${kvBucket}`, sharedStream];
  const { requestPrefix, replyPrefix, republishPrefix, deadLetterPrefix, cancelPrefix, sharedPrefix } = parts;
  const { attemptPrefix, schedulePrefix } = parts;
  const prefixes = [
    ...[requestPrefix, replyPrefix, republishPrefix, deadLetterPrefix, cancelPrefix, sharedPrefix],
    ...[attemptPrefix, schedulePrefix],
  ];
  const stream = streams.find((name, n) => streams.indexOf(name) !== n);
  if (stream) throw new InvalidInputError(`The names of the queue collide: two of its streams are ${stream}.`);
  for (const [n, one] of prefixes.entries()) {
    const other = prefixes.find((prefix, m) => m !== n && prefix.startsWith(one));
    if (other) throw new InvalidInputError(`The names of the queue collide: ${other}> lies within ${one}>.`);
  }
}

// Where the JetStream API is.

function apiPrefixOf({ domain, apiPrefix }: QueueOptions): string {
  if (domain !== undefined && apiPrefix !== undefined) {
    throw new InvalidInputError(
      "Expected either domain or apiPrefix, got both: a domain has an API prefix of its own.",
    );
  }
  if (domain !== undefined) return `$JS.${requireDomain(domain)}.API`;
  if (apiPrefix === undefined) return "$JS.API";
  const prefix = typeof apiPrefix === "string" ? apiPrefix.replace(/\.$/, "") : apiPrefix;
  if (/^[^\s.*>\p{Cc}]+(\.[^\s.*>\p{Cc}]+)*$/u.test(prefix)) return prefix;
  throw new InvalidInputError(`Expected apiPrefix to be a subject such as $JS.hub.API, got ${quote(apiPrefix)}.`);
}

function requireDomain(domain: string): string {
  if (typeof domain === "string" && /^[^\s.*>\p{Cc}]+$/u.test(domain)) return domain;
  throw new InvalidInputError(`Expected domain to be one token such as hub, got ${quote(domain)}.`);
}

/** What an error advises: without the queue and the domain it would make a second set of streams. */
function setupOf({ queue, names, domain, apiPrefix }: QueueOptions): SetupParts {
  return {
    setupCommand: `jsrr setup${queue ? ` --queue ${queue}` : ""}${domain ? ` --js-domain ${domain}` : ""}`,
    setupPlace: names || apiPrefix ? " with the same names in the account that has JetStream" : "",
  };
}

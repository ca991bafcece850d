// Where replies are stored besides the mailbox, for the strategies that exist to be compared; and how each place is kept.

export const kvBucket = "REPLIES_KV";
/** A bucket is a stream of this name (ADR-8). */
export const kvStream = `KV_${kvBucket}`;
/** The key is `<requester>.<request id>`. */
export const kvSubject = (requester: string, request: string) => `$KV.${kvBucket}.${requester}.${request}`;

export const sharedStream = "SHARED_REPLIES";
/** All replies of a requester on one subject, as Quarkus and Kafka have it; a header tells them apart. */
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

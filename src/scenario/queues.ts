// Queues of a scenario: which ones occur, and which names are theirs.
import { queueNames, queueOfSubject } from "../protocol/queue-names.js";
import type { QueueNames } from "../protocol/subjects.js";
import type { QueueSettings } from "./model.js";

/** Those of the actors, the file's own first. A `queue` of the file occurs also if each actor has one of its own. */
export function queuesOf(own: string | undefined, actors: readonly QueueSettings[]): QueueSettings[] {
  const used = actors.map(({ queue = own }) => queue);
  const first = own !== undefined || used.length === 0 || used.includes(undefined) ? [own] : [];
  return [...new Set([...first, ...used])].map((queue) => ({ queue }));
}

export const streamsOf = ({ requestStream, replyStream, deadLetterStream }: QueueNames): string[] => [
  ...[requestStream, replyStream, deadLetterStream],
];

/** Every stream that a queue can have. */
export const allStreamsOf = (names: QueueNames): string[] => [...streamsOf(names), names.kvStream, names.sharedStream];

/** The one among these queues that the subject of a request or of a mailbox belongs to. */
export function queueOfMessage(subject: string, queues: readonly QueueSettings[]): QueueNames | undefined {
  const found = queueOfSubject(subject);
  return found && queues.some(({ queue }) => queue === found.queue) ? queueNames(found) : undefined;
}

// Queue names: derived in this one place from the options that every function of the library takes.
import { QueueNames } from "./subjects.js";

/** The names of the default queue, or of another one. */
export function queueNames(): QueueNames {
  return new QueueNames({
    requestStream: "REQUESTS",
    replyStream: "REPLIES",
    deadLetterStream: "DEAD_LETTERS",
    kvBucket: "REPLIES_KV",
    sharedStream: "SHARED_REPLIES",
    requestPrefix: "requests.",
    replyPrefix: "replies.",
    republishPrefix: "replied.",
    deadLetterPrefix: "dead-letters.",
    cancelPrefix: "cancels.",
    sharedPrefix: "shared-replies.",
    attemptPrefix: "attempts.",
    schedulePrefix: "scheduled.",
    apiPrefix: "$JS.API",
  });
}

/** The default queue: REQUESTS, REPLIES and DEAD_LETTERS, on `requests.>`. */
export const defaultNames = queueNames();

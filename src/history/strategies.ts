// How a reply can find its requester: the one list of names. Whatever has something for each of them is checked against it.

export const replyStrategies = ["inbox", "mailbox", "kv", "shared", "trial"] as const;

/** Of requests that go through the queue. */
export type ReplyStrategy = (typeof replyStrategies)[number];

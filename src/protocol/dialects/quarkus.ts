// Quarkus dialect: the extension `quarkus-messaging-nats-jetstream`. Its replier repeats the correlation id, and its requester reads
// the payload's Java class from `message.type`. It has no word for failure; a `ReplyFailureHandler` of the application judges the
// payload. Both spellings are in its sources: `JetStreamRequestReply`, and later `client.message.Headers`.
import { correlated } from "./correlated.js";
import type { Dialect } from "./dialect.js";

/** Text as a Java string. A requester that expects a class of its own needs bytes and a `message.type` from the handler. */
const text = {
  reply: { "message.type": "java.lang.String" },
  payload: (_: unknown, answer: string | Uint8Array) => (typeof answer === "string" ? JSON.stringify(answer) : answer),
};

export const quarkus: Dialect = correlated({
  name: "quarkus",
  replyTo: "REPLY_SUBJECT",
  correlationId: "REPLY_CORRELATION_ID",
  ...text,
});

export const quarkusMessage: Dialect = correlated({
  name: "quarkus-message",
  replyTo: "message.reply-subject",
  correlationId: "message.correlation-id",
  ...text,
});

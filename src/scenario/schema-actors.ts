// The schema of actors: requesters, responders and services.
import { z } from "zod";
import { toMs } from "../common/duration.js";
import { labReplyStrategies } from "../protocol/events.js";
import { count, duration, flag, name, onTimeout, order, queue, replyAddress, serviceSubject, text } from "./fields.js";
import { crashPoints, wireCrashPoints } from "./model.js";

// Keys that only the kit's own responder has.

const shortDuration = duration.refine((text) => toMs(text) <= 1_000, "a duration from 1ms to 1s");

/** The library's own. */
export const mostPause = "30s";

export const kitKeys = {
  max_attempts: count(1, "a whole number, 1 or more")
    .max(1_000_000, "at most 1000000")
    .optional()
    .describe(
      "The largest number of deliveries per request; after the last one it is a dead letter. Default: `max_deliver`. " +
        "The smaller one applies.",
    ),
  retry: z
    .strictObject(
      {
        first: duration
          .optional()
          .describe("The delay before the second attempt. It doubles with each attempt. Default: 100ms."),
        most: duration.optional().describe(`The longest delay. Default: ${mostPause}.`),
      },
      "a mapping like { first: 100ms, most: 2s }",
    )
    .optional()
    .describe("The delays between the attempts of a request (`fails`)."),
  ack_delay: z
    .union([z.literal("none"), shortDuration], '"none" or a duration from 1ms to 1s')
    .optional()
    .describe("The time that an ack may wait to be sent with others, at most a twentieth of `ack_wait`. Default: 5ms."),
  allow_reply_to: z
    .array(replyAddress, "a list of subjects like [partner.inbox.>]")
    .optional()
    .describe(
      "The allowed reply addresses besides mailboxes and other stored addresses. [] allows no other. A request with " +
        "another address is terminated. Default: inboxes, whose first token begins with _INBOX.",
    ),
};

const ofQueue = queue
  .optional()
  .describe("The queue, with streams and subjects of its own. Default: the file's `queue`.");

const online = flag.default(true).describe("If false, the actor does not run when the timeline begins.");

const boundText = "a whole number from 1 to 100000";
const waitingText = "a whole number from 0 to 10000000";

const externalKind =
  "external: a process of your own, bound to the name by `--actor name='command'`. The laboratory starts it with " +
  "`NATS_URL` and reads its events from its connection.";

export const requester = z.strictObject(
  {
    kind: z
      .enum(["kit", "external"])
      .default("kit")
      .describe(`kit: the kit's requester, whose requests are steps of the timeline. ${externalKind}`),
    queue: ofQueue,
    reply: z
      .enum([...labReplyStrategies, "core"])
      .default("mailbox")
      .describe(
        "The reply strategy. mailbox: stored in REPLIES. inbox: sent to the running process, not stored. kv: stored " +
          "in a key-value bucket. shared: stored in one stream, read from the newest message on. trial: an inbox; on " +
          "a time-out the requester deletes the request. core: plain NATS request-reply without a stream.",
      ),
    timeout: duration.default("5s").describe("The time to wait for a reply."),
    on_timeout: onTimeout
      .default("keep")
      .describe(
        "The policy after a time-out. keep: the request stays queued. cancel: the requester deletes the request, or " +
          "cancels its handler. expire: as cancel, and no handler begins after the deadline (nats-server 2.11).",
      ),
    max_outstanding: count(1, boundText)
      .max(100_000, boundText)
      .optional()
      .describe(
        "The largest number of requests that wait for a reply. Further requests wait for their turn before they are " +
          "sent (`turn-awaited`). Default: no limit. For `send`: the largest number of requests without a PubAck; " +
          "default 1000.",
      ),
    max_waiting: count(0, waitingText)
      .max(10_000_000, waitingText)
      .optional()
      .describe(
        "With `max_outstanding`: the largest number of requests that wait for their turn. Further requests are not " +
          "sent (`refused`). Default: 100000.",
      ),
    online,
  },
  "a mapping like { reply: mailbox, timeout: 1s }",
);

const replies = z.array(text, "a list of texts").min(1, "a list of at least one text");

const menuEntry = z.union(
  [
    text,
    z.strictObject(
      {
        parts: replies.describe("The replies before the last one. Each is stored before the next one begins."),
        reply: text.describe("The last reply. It ends the request."),
      },
      "a mapping like { parts: [🥗, 🍝], reply: 🍨 }",
    ),
    z.strictObject(
      {
        error: text.describe(
          "The error that the handler throws. The reply has the status `error`, and the request is not retried.",
        ),
      },
      "a mapping like { error: sold out }",
    ),
  ],
  "a text (a number needs quotes), or a mapping like { parts: [🥗, 🍝], reply: 🍨 } or { error: sold out }",
);

/** The orders of a responder without a `menu`: those of NATS by Example. */
export const defaultMenu = { "order-sandwich": "🥪", "order-bagel": "🥯", "order-flatbread": "🥙" };

const failsText = 'a whole number, 0 or more, or "always"';

export const responder = z.strictObject(
  {
    online,
    kind: z
      .enum(["kit", "plain", "external"])
      .default("kit")
      .describe(
        "kit: the kit's responder. plain, for comparison: a consume() loop as in most tutorials. It sends no " +
          "in-progress acks, stores its reply without create-only, and naks a failure without a delay. " +
          externalKind,
      ),
    queue: ofQueue,
    consumer: name
      .optional()
      .describe("One of the `consumers` of the setup, from which it pulls. Default: responder, if there are none."),
    unmatched: z
      .enum(["reject", "silent"])
      .optional()
      .describe(
        "The policy for an order without a handler. reject (default): store a `rejected` reply and terminate the request. " +
          "silent: terminate the request without a reply. Not with `shared` in the setup.",
      ),
    menu: z
      .record(order, menuEntry, "a mapping like { order-soup: 🍲 }")
      .optional()
      .describe(
        "Each order with its reply, with its parts and the last reply, or with the error that its handler throws. " +
          `Default: ${Object.entries(defaultMenu)
            .map((entry) => entry.join(" "))
            .join(", ")}.`,
      ),
    concurrency: count(1, "a whole number, 1 or more")
      .max(1000, "at most 1000")
      .default(1)
      .describe("The number of handlers that may run at the same time."),
    prefetch: count(1, "a whole number, 1 or more")
      .max(10_000, "at most 10000")
      .optional()
      .describe(
        "The largest number of requests in hand. Default: the concurrency; for `kind: plain` 100, the client's " +
          "default.",
      ),
    acks: flag.default(true).describe("For `kind: plain`: false withholds every ack."),
    fails: z
      .union([z.literal("always"), count(0, failsText)], failsText)
      .default(0)
      .describe(
        "The number of deliveries of each request at which the handler throws `RetryLaterError`. The responder naks " +
          "the request with a growing delay. At `max_deliver` it becomes a dead letter.",
      ),
    work: duration
      .optional()
      .describe("The time that a handler needs for each reply. A cancelled handler stops earlier. Default: no time."),
    crash: z
      .enum([...new Set([...crashPoints, ...wireCrashPoints])])
      .optional()
      .describe(
        "The point at which the responder is killed (SIGKILL) at the first delivery of a request. `start` starts it " +
          "again. By what its connection carries: after-delivery, when the request reaches it; before-reply, when it " +
          "sends the reply, which is lost; after-reply, when the reply is stored; before-ack, when it sends the ack, " +
          "which is lost; after-ack, when the ack is sent. Only a responder of the kit: before-handling, before the " +
          "handler; after-part, after the first part is stored; after-effect, after the handler and before the reply.",
      ),
    ...kitKeys,
  },
  "a mapping like { online: false }",
);

export const service = z.strictObject(
  {
    subject: serviceSubject.describe("The subject of the service. `*` matches one token: `greet.*`."),
    reply: text.describe("The reply. `{2}` is the second token of the request's subject."),
    parts: replies.optional().describe("The replies before the last one. Each is a message."),
    work: duration.optional().describe("The time that the service needs for each reply. Default: no time."),
    online,
  },
  "a mapping like { subject: greet.*, reply: hello }",
);

export type RequesterFile = z.output<typeof requester>;
export type ResponderFile = z.output<typeof responder>;
export type ServiceFile = z.output<typeof service>;

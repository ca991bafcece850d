// The schema of actors: requesters, responders and services.

import { z } from "zod";
import { toMs } from "../common/duration.js";
import { replyStrategies } from "../protocol/events.js";
import { count, duration, flag, onTimeout, order, replyAddress, serviceSubject, text } from "./fields.js";
import { crashPoints, type KitOptions } from "./model.js";

// Keys that only the kit's own responder has.

const shortDuration = duration.refine((text) => toMs(text) <= 1_000, "a duration from 1ms to 1s");

/** The library's own. */
export const mostPause = "30s";

export const kitKeys = {
  max_attempts: count(1, "a whole number, 1 or more")
    .max(1_000_000, "at most 1000000")
    .optional()
    .describe(
      "Attempts at each request, every delivery counted; after the last it is a dead letter. Default: `max_deliver`, and the " +
        "smaller of the two holds.",
    ),
  retry: z
    .strictObject(
      {
        first: duration
          .optional()
          .describe("The pause before the second attempt; it doubles. Default: 100ms."),
        most: duration.optional().describe(`The longest pause. Default: ${mostPause}.`),
      },
      "a mapping like { first: 100ms, most: 2s }",
    )
    .optional()
    .describe("The pauses between attempts that fail in a way that may pass (`fails`)."),
  ack_delay: z
    .union([z.literal("none"), shortDuration], '"none" or a duration from 1ms to 1s')
    .optional()
    .describe(
      "How long an ack may wait for others, to be sent with them; never more than a twentieth of `ack_wait`. Default: 5ms.",
    ),
  allow_reply_to: z
    .array(replyAddress, "a list of subjects like [partner.inbox.>]")
    .optional()
    .describe(
      "Where replies may go besides mailboxes and the other places that a stream keeps; [] for nowhere else. A request with another " +
        "address is terminated. Default: anywhere but the server's own subjects and the queue.",
    ),
};

type KitOptionsFile = { [K in keyof typeof kitKeys]?: z.output<(typeof kitKeys)[K]> };

export const kitOptionsOf = ({
  max_attempts,
  retry,
  ack_delay,
  allow_reply_to,
}: KitOptionsFile): KitOptions => ({
  maxAttempts: max_attempts,
  retry: retry && {
    firstMs: retry.first === undefined ? undefined : toMs(retry.first),
    mostMs: retry.most === undefined ? undefined : toMs(retry.most),
  },
  ackDelayMs: ack_delay === undefined ? undefined : ack_delay === "none" ? 0 : toMs(ack_delay),
  replyAddresses: allow_reply_to && { allow: allow_reply_to },
});

const online = flag.default(true).describe("Whether it runs when the timeline begins.");

const boundText = "a whole number from 1 to 100000";
const waitingText = "a whole number from 0 to 10000000";

export const requester = z.strictObject(
  {
    reply: z
      .enum([...replyStrategies, "core"])
      .default("mailbox")
      .describe(
        "How a reply finds it. mailbox: stored until it is collected. inbox: sent to the living process only. " +
          "kv: stored in a key-value bucket. shared: in one stream for all, read from now on. trial: an inbox, and who " +
          "gives up deletes the request. core: plain NATS request-reply, nothing of it durable.",
      ),
    timeout: duration.default("5s").describe("How long it waits for a reply."),
    on_timeout: onTimeout
      .default("keep")
      .describe(
        "What becomes of a request that it gives up. keep: stays queued. cancel: is taken out of the queue, or its " +
          "responder is aborted. expire: the same, and no responder works on it past its deadline (nats-server 2.11).",
      ),
    max_outstanding: count(1, boundText)
      .max(100_000, boundText)
      .optional()
      .describe(
        "Most of its requests that wait for their reply at a time; more wait for their turn, and are not sent yet " +
          "(`turn-awaited`). Default: no bound. Of what it sends with `send`, most on the way to the stream; default 1000.",
      ),
    max_waiting: count(0, waitingText)
      .max(10_000_000, waitingText)
      .optional()
      .describe(
        "With `max_outstanding`: most that wait for their turn; more are refused and never sent (`refused`). Default: 100000.",
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
        parts: replies.describe("The replies before the last one, each stored before the next is begun."),
        reply: text.describe("The last reply, which ends the request."),
      },
      "a mapping like { parts: [🥗, 🍝], reply: 🍨 }",
    ),
    z.strictObject(
      {
        error: text.describe("What its handler throws: the request ends as `error`, and is not tried again."),
      },
      "a mapping like { error: sold out }",
    ),
  ],
  "a text (a number needs quotes), or a mapping like { parts: [🥗, 🍝], reply: 🍨 } or { error: sold out }",
);

const failsText = 'a whole number, 0 or more, or "always"';

export const responder = z.strictObject(
  {
    online,
    kind: z
      .enum(["kit", "plain"])
      .default("kit")
      .describe(
        "kit: the kit's responder. plain: a consume() loop as in most tutorials, which shows no sign of life while it " +
          "works, stores its reply without asking whether there is one, and gives a failure straight back: for comparison.",
      ),
    unmatched: z
      .enum(["tell", "silent"])
      .default("tell")
      .describe(
        "An order that is not on the menu: tell the requester `rejected`, or terminate it in silence.",
      ),
    menu: z
      .record(order, menuEntry, "a mapping like { order-soup: 🍲 }")
      .optional()
      .describe(
        "Order to reply; to several: its parts, and the reply that ends them; or to the error that its handler throws. " +
          "Default: order-sandwich 🥪, order-bagel 🥯, order-flatbread 🥙.",
      ),
    concurrency: count(1, "a whole number, 1 or more")
      .max(1000, "at most 1000")
      .default(1)
      .describe("How many requests it handles at once."),
    prefetch: count(1, "a whole number, 1 or more")
      .max(10_000, "at most 10000")
      .optional()
      .describe(
        "Most requests it has in hand. Default: its concurrency; for a plain one 100, as the client has it.",
      ),
    acks: flag
      .default(true)
      .describe("Of a plain one: whether it acknowledges what it has answered. false withholds every ack."),
    fails: z
      .union([z.literal("always"), count(0, failsText)], failsText)
      .default(0)
      .describe(
        "How many deliveries of each request it fails at, in a way that may pass: the request is given back with a " +
          "growing delay, and becomes a dead letter at `max_deliver`.",
      ),
    work: duration
      .optional()
      .describe(
        "How long it works on each request, of several replies on each, unless it is aborted. Default: no time.",
      ),
    crash: z
      .enum(crashPoints)
      .optional()
      .describe(
        "Where it kills itself (SIGKILL) at the first delivery of a request. before-handling: nothing is done yet. " +
          "after-part: the first part is stored, and nothing after it. " +
          "after-effect: the handler has run, and nothing is replied. after-reply: the reply is given, and the request " +
          "not acknowledged, so this is also before the ack. Start it again: `start`.",
      ),
    ...kitKeys,
  },
  "a mapping like { online: false }",
);

export const service = z.strictObject(
  {
    subject: serviceSubject.describe("What it answers; `*` stands for one token: `greet.*`."),
    reply: text.describe("What it answers with; `{2}` is the second token of the request's subject."),
    parts: replies.optional().describe("What it answers before that, each an answer of its own."),
    work: duration.optional().describe("How long it works on each of its answers. Default: no time."),
    online,
  },
  "a mapping like { subject: greet.*, reply: hello }",
);

export type RequesterFile = z.output<typeof requester>;
export type ResponderFile = z.output<typeof responder>;
export type ServiceFile = z.output<typeof service>;

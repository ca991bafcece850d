// What only the kit's own responder has: its limits, its pauses and where it may reply.
import { z } from "zod";
import { toMs } from "../time/duration.js";
import type { KitOptions } from "./model-actors.js";
import { count, duration, replyAddress } from "./words.js";

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

export type KitOptionsFile = { [K in keyof typeof kitKeys]?: z.output<(typeof kitKeys)[K]> };

export const kitOptionsOf = ({
  max_attempts,
  retry,
  ack_delay,
  allow_reply_to,
}: KitOptionsFile): KitOptions => ({
  ...(max_attempts !== undefined && { maxAttempts: max_attempts }),
  ...(retry && {
    retry: {
      ...(retry.first !== undefined && { firstMs: toMs(retry.first) }),
      ...(retry.most !== undefined && { mostMs: toMs(retry.most) }),
    },
  }),
  ...(ack_delay !== undefined && { ackDelayMs: ack_delay === "none" ? 0 : toMs(ack_delay) }),
  ...(allow_reply_to && { replyAddresses: { allow: allow_reply_to } }),
});

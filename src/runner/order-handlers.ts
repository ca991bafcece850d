// Order handlers: the replies of NATS by Example, and handlers made of fixed texts, as scenario files and the command line give them.
import type { Handler, HandlerRequest, Handlers } from "../responder/handlers.js";

/** A note that comes with the order has to be text: one that is not is rejected. */
const fixedReply =
  (reply: string): Handler =>
  (request) => {
    void request.text;
    return reply;
  };

const each = <T>(entries: Record<string, T>, handlerOf: (entry: T) => Handler): Handlers =>
  Object.fromEntries(Object.entries(entries).map(([order, entry]) => [order, handlerOf(entry)]));

/** One fixed reply for each order. */
export const fixedReplies = (replies: Record<string, string>): Handlers => each(replies, fixedReply);

/** Orders that always fail: each ends with the status `error` and its text. */
export const failingOrders = (errors: Record<string, string>): Handlers =>
  each(errors, (text) => () => {
    throw new Error(text);
  });

/** Several fixed replies for each order: the last one is the reply, those before it are its parts. */
export const fixedParts = (replies: Record<string, readonly string[]>): Handlers =>
  each(
    replies,
    (parts) =>
      async function* (request: HandlerRequest) {
        void request.text;
        yield* parts.slice(0, -1);
        return parts.at(-1) ?? "";
      },
  );

/** The orders of NATS by Example: sandwich, bagel and flatbread. */
export const orderHandlers: Handlers = fixedReplies({
  "order-sandwich": "🥪",
  "order-bagel": "🥯",
  "order-flatbread": "🥙",
});

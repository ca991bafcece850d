// The kit's requester and responder, with one reply strategy or another.
import { openConnection, Requester, type RequesterOptions, Responder } from "jetstream-request-reply-kit";
import { order, type Row, timeoutMs } from "./row.js";
import { purgeReplies, setUpStreams } from "./streams.js";

/** As many as are ever in flight: the handlers here do nothing, so only the replies' PubAcks are waited for. */
export const concurrency = 500;

export const kit = (
  reply: NonNullable<RequesterOptions["reply"]>,
  about: string,
  options: { concurrency?: number } = { concurrency },
): Row => ({
  about,
  connect: openConnection,
  setup: setUpStreams,
  clean: purgeReplies,
  respond: (nc, answer) => Responder.start(nc, { name: "bob", handlers: { [order]: () => answer }, ...options }),
  open: async (nc) => {
    const requester = await Requester.open(nc, { name: "alice", reply, timeoutMs });
    return { request: (payload) => requester.request(order, payload), [Symbol.asyncDispose]: () => requester.close() };
  },
});

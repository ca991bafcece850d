// The reply is put under its request id into a key-value bucket, create-only. The bucket republishes (a setting that ADR-8
// has for buckets), so that who waits needs one core subscription: a watch would be a consumer of the server's for each
// requester, to be made anew after each break.
import { jetstreamManager } from "@nats-io/jetstream";
import { NotSetUpError } from "../../protocol/errors.js";
import { readHeader, requestHeaders } from "../../protocol/headers.js";
import { fromClientError } from "../../protocol/server-error.js";
import { kvStream, kvSubject, lastTokenOf, republishedSubject } from "../../protocol/subjects.js";
import { kvOperation } from "../stored-reply.js";
import type { OpenStrategy } from "./strategy.js";

export const kv: OpenStrategy = (requester) => ({
  name: "kv",
  listen: republishedSubject(requester, "*"),
  store: "kv",
  readable: true,
  replyTo: (id) => kvSubject(requester, id),
  requestHeaders,
  // A deleted key is republished, too, as an empty message that says so.
  requestOf: (msg) => (readHeader(msg, kvOperation) ? undefined : lastTokenOf(msg)),
  async open(nc) {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    await jsm.streams.info(kvStream).catch((error) => {
      const known = fromClientError(`stream ${kvStream}`, error);
      if (!(known instanceof NotSetUpError)) throw known;
      throw new NotSetUpError(`There is no bucket for replies; run \`jsrr setup --strategies kv\` first.`);
    });
  },
});

// The reply is put under its request id into a key-value bucket, create-only. The bucket republishes (a setting that ADR-8
// has for buckets), so that who waits needs one core subscription: a watch would be a consumer of the server's for each
// requester, to be made anew after each break.
import { jetStreamManager } from "../../connection/jetstream.js";
import { NotSetUpError } from "../../protocol/errors.js";
import { readHeader, requestHeaders } from "../../protocol/headers.js";
import { fromClientError } from "../../protocol/server-error.js";
import { requestIdIn } from "../../protocol/subjects.js";
import { kvOperation } from "../stored-reply.js";
import type { OpenStrategy } from "./strategy.js";

export const kv: OpenStrategy = (names, requester) => ({
  name: "kv",
  listen: `${names.republishedTo(requester)}.*`,
  store: "kv",
  readable: true,
  replyTo: (id) => names.kvSubject(requester, id),
  requestHeaders: requestHeaders(names),
  // A deleted key is republished, too, as an empty message that says so.
  requestOf: (msg) => (readHeader(msg, kvOperation) ? undefined : requestIdIn(msg)),
  async open(nc) {
    const jsm = await jetStreamManager(nc, names);
    await jsm.streams.info(names.kvStream).catch((error) => {
      const known = fromClientError(`stream ${names.kvStream}`, error);
      if (!(known instanceof NotSetUpError)) throw known;
      throw new NotSetUpError(`There is no bucket for replies; run ${names.setupAdvice("--strategies kv")} first.`);
    });
  },
});

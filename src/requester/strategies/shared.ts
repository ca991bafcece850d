// All replies go into one stream, and each requester reads its own from *now* with an ephemeral consumer, as Quarkus does,
// and Kafka's reply topics. One that is restarted does not see what was stored before.
import { AckPolicy, DeliverPolicy } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { jetStreamManager } from "../../connection/jetstream.js";
import { NotSetUpError } from "../../protocol/errors.js";
import { readHeader, requestHeaders } from "../../protocol/headers.js";
import { fromClientError } from "../../protocol/server-error.js";
import { header, type QueueNames } from "../../protocol/subjects.js";
import type { OpenStrategy } from "./strategy.js";

/** Nanoseconds that the server keeps the consumer of a requester that is not connected. */
const inactive = 30e9;

export const shared: OpenStrategy = (names, requester, inbox) => {
  const { sharedStream } = names;
  const listen = `${inbox}.shared`;
  let consumer: string | undefined;
  const consume = async (nc: NatsConnection) => {
    const jsm = await jetStreamManager(nc, names);
    const made = jsm.consumers.add(sharedStream, {
      deliver_subject: listen,
      filter_subject: names.sharedSubject(requester),
      deliver_policy: DeliverPolicy.New,
      ack_policy: AckPolicy.None,
      inactive_threshold: inactive,
    });
    consumer = (await made.catch((error) => Promise.reject(explained(names, error)))).name;
  };
  return {
    name: "shared",
    listen,
    store: "shared",
    readable: false,
    replyTo: () => names.sharedSubject(requester),
    requestHeaders: requestHeaders(names),
    requestOf: (msg) => readHeader(msg, header.requestId),
    open: consume,
    async reconnected(nc) {
      const jsm = await jetStreamManager(nc, names);
      const there = jsm.consumers.info(sharedStream, consumer as string);
      // What was stored meanwhile is missed: the new one, too, begins at its own now.
      await there.catch((error) => {
        if (fromClientError("consumer", error) instanceof NotSetUpError) return consume(nc);
        throw error;
      });
    },
  };
};

function explained(names: QueueNames, error: unknown): Error {
  const known = fromClientError(`stream ${names.sharedStream}`, error, names);
  if (!(known instanceof NotSetUpError)) return known;
  return new NotSetUpError(`There is no shared reply stream; run ${names.setupAdvice("--strategies shared")} first.`);
}

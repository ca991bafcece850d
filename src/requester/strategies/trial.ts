// As the 2022 trial of a JetStream request-reply in nats.go had it (pull request 1107): the reply goes to an inbox, and
// a requester that times out deletes its request, so that no handler works in vain.
import type { NatsConnection } from "@nats-io/nats-core";
import { jetStreamManager } from "../../connection/jetstream.js";
import { trialDialect } from "../../protocol/dialects/trial.js";
import type { Observe, RequesterEvent } from "../../protocol/events.js";
import { withHeaders } from "../../protocol/headers.js";
import { idToken } from "../../protocol/request-id.js";
import { fromClientError } from "../../protocol/server-error.js";
import { type QueueNames, requestIdIn } from "../../protocol/subjects.js";
import type { Handle } from "../handle.js";
import { type Located, locateIn } from "../locate.js";
import { isInQueue } from "../queue-state.js";
import type { OpenStrategy } from "./strategy.js";

export const trial: OpenStrategy = (names, _, inbox) => ({
  name: "trial",
  listen: `${inbox}.reply.*`,
  readable: false,
  replyTo: (id) => `${inbox}.reply.${idToken(id)}`,
  requestHeaders: (id, replyTo, _, __, more) => withHeaders(trialDialect.requestHeaders(id, replyTo), more),
  requestOf: requestIdIn,
  timedOut: (nc, handle, observe) => removeRequest(nc, names, handle, observe),
});

/** Only what is still there: the sequence may be another message's where the stream was made anew. */
async function removeRequest(
  nc: NatsConnection,
  names: QueueNames,
  handle: Handle,
  observe?: Observe<RequesterEvent>,
): Promise<Located> {
  const before = await locateIn(nc, names, handle);
  if (before.reply) return before;
  const { stream, sequence } = handle;
  const jsm = await jetStreamManager(nc, names);
  try {
    if (!(await isInQueue(jsm, handle))) return before;
    await jsm.streams.deleteMessage(stream, sequence);
  } catch (error) {
    throw fromClientError(`message ${sequence} of ${stream}`, error, names);
  }
  observe?.({ type: "removed", request: handle.request, stream, sequence });
  const was = before.where === "unknown" ? "delivered" : before.where;
  const evidence = `message ${sequence} was ${was}, and was deleted from ${stream} when its time was up`;
  return { where: "gone", evidence, remaining: Math.max(0, before.remaining - 1) };
}

// Requests that wait: queued while nobody answers, drained later. The requester keeps nothing for each of them.
import { jetstream } from "@nats-io/jetstream";
import { headers, type NatsConnection, nuid } from "@nats-io/nats-core";
import { Responder } from "jetstream-request-reply-kit";
import { concurrency } from "./kit.js";
import { order } from "./row.js";

/** Queues `count` requests and resolves when each is stored. */
export async function queue(nc: NatsConnection, count: number, payload: Uint8Array): Promise<void> {
  const send = sender(nc);
  let left = count;
  const one = async () => {
    while (left-- > 0) await send(payload);
  };
  await Promise.all(Array.from({ length: concurrency }, one));
}

/** Sends a request to be collected later; resolves at its PubAck. */
function sender(nc: NatsConnection): (payload: Uint8Array) => Promise<unknown> {
  const js = jetstream(nc);
  return (payload) => {
    const id = nuid.next();
    const h = headers();
    h.set("Reply-To", `replies.alice.${id}`);
    const expect = { streamName: "REQUESTS" };
    return js.publish(`requests.${order}`, payload, { headers: h, msgID: id, expect, timeout: 60_000 });
  };
}

/** Starts a responder, and stops it when it has answered `count` requests and every reply is stored. */
export async function drain(nc: NatsConnection, count: number, answer: Uint8Array): Promise<void> {
  let left = count;
  let answeredAll = () => {};
  const answered = new Promise<void>((resolve) => {
    answeredAll = resolve;
  });
  const handle = () => {
    if (--left === 0) answeredAll();
    return answer;
  };
  const responder = await Responder.start(nc, { name: "bob", menu: { [order]: handle }, concurrency });
  await Promise.race([answered, responder.closed]);
  await responder.drain();
}

// Requests that wait: queued while nobody answers, drained later. The requester keeps nothing for each of them.
import type { NatsConnection } from "@nats-io/nats-core";
import { Responder, Sender } from "jetstream-request-reply-kit";
import { concurrency } from "./kit.js";
import { order } from "./row.js";

/** Queues `count` requests and resolves when each is stored. */
export async function queue(nc: NatsConnection, count: number, payload: Uint8Array): Promise<void> {
  await using sender = await Sender.open(nc, { name: "alice", maxOutstanding: concurrency });
  let left = count;
  const one = async () => {
    while (left-- > 0) await sender.send(order, payload);
  };
  await Promise.all(Array.from({ length: concurrency }, one));
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
  const responder = await Responder.start(nc, { name: "bob", handlers: { [order]: handle }, concurrency });
  await Promise.race([answered, responder.closed]);
  await responder.drain();
}

// Backlog row: requests are queued without a responder, and drained later. The requester keeps nothing for each of them.
import type { NatsConnection } from "@nats-io/nats-core";
import { Requester, Responder } from "jetstream-request-reply-kit";
import { concurrency } from "./kit.js";
import { order } from "./row.js";

/** Queues `count` requests and resolves when each is stored. */
export async function queue(nc: NatsConnection, count: number, payload: Uint8Array): Promise<void> {
  const options = { name: "alice", maxOutstanding: concurrency, sendOnly: true };
  await using requester = await Requester.open(nc, options);
  let left = count;
  const one = async () => {
    while (left-- > 0) await requester.send(order, payload);
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

/** Milliseconds after their time-out. */
export interface Lateness {
  p50: number;
  max: number;
}

/** Requests that no responder answers, and that time out together: how late their calls end. */
export async function timeOutTogether(nc: NatsConnection, count: number, payload: Uint8Array): Promise<Lateness> {
  const timeoutMs = 3_000;
  await using requester = await Requester.open(nc, { name: "alice", timeoutMs });
  const late: number[] = [];
  const one = async () => {
    const sentAt = performance.now();
    await requester.request(order, payload).catch(() => late.push(performance.now() - sentAt - timeoutMs));
  };
  await Promise.all(Array.from({ length: count }, one));
  late.sort((a, b) => a - b);
  return { p50: late[late.length >> 1] ?? 0, max: late.at(-1) ?? 0 };
}

// Record: whether a history is whole. Of a broken one no check can say that it held.
import type { HistoryEvent } from "./event.js";

/**
 * What is wrong with a record, one text for each actor and kind of fault; empty for a whole one.
 * - Each file counts its events from 1, without a gap. An actor that starts again has a new file.
 * - Its times do not go back. The statements of a second source have times of their own.
 * - No reply is received before its request was sent, and no actor executes a request before it was delivered to it.
 * @param files the events of each file in their order.
 */
export function recordFaults(files: readonly (readonly HistoryEvent[])[]): string[] {
  const faults = new Map<string, string>();
  const add = (actor: string, kind: string, text: string) => {
    if (!faults.has(`${actor} ${kind}`)) faults.set(`${actor} ${kind}`, `${actor} ${text}`);
  };
  const sent = new Map<string, number>();
  /** By actor: when each request was delivered to it for the first time. */
  const delivered = new Map<string, Map<string, number>>();
  for (const file of files) {
    numbered(file, add);
    for (const event of file) {
      if (event.type === "requested" || event.type === "published-request")
        sent.set(event.request, Math.min(event.t, sent.get(event.request) ?? Number.POSITIVE_INFINITY));
      if (event.type !== "delivered") continue;
      const known = delivered.get(event.actor) ?? new Map<string, number>();
      delivered.set(event.actor, known);
      known.set(event.request, Math.min(event.t, known.get(event.request) ?? Number.POSITIVE_INFINITY));
    }
  }
  for (const file of files) {
    for (const { actor, t, ...event } of file) {
      // A core service is delivered nothing.
      const deliveries = event.type === "executed" ? delivered.get(actor) : undefined;
      if (
        event.type === "executed" &&
        deliveries &&
        !(t >= (deliveries.get(event.request) ?? Number.POSITIVE_INFINITY))
      )
        add(actor, "executed", `executed ${event.request} without a delivery before`);
      if (event.type === "stored" && t < (sent.get(event.request) ?? 0))
        add(actor, "stored", `received a PubAck of ${event.request} before the request was sent`);
      if (event.type === "received" && !(t >= (sent.get(event.request) ?? Number.POSITIVE_INFINITY)))
        add(actor, "received", `received a reply to ${event.request} before the request was sent`);
    }
  }
  return [...faults.values()];
}

function numbered(file: readonly HistoryEvent[], add: (actor: string, kind: string, text: string) => void): void {
  const hasOwnTimes = !file.some(({ type }) => type === "reported");
  let before = { n: 0, t: 0 };
  for (const { actor, n, t } of file) {
    if (n !== before.n + 1) add(actor, "gap", `has the event ${n} after ${before.n === 0 ? "none" : before.n}`);
    if (hasOwnTimes && t < before.t) add(actor, "time", `has the event ${n} earlier than the one before it`);
    before = { n, t };
  }
}

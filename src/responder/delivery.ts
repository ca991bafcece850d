// A request as the consumer delivered it: where it stands in the stream, and what can be said of it to the server.
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { hasFeature } from "../protocol/features.js";

export interface Delivery {
  stream: string;
  sequence: number;
  /** Counts from 1. */
  delivery: number;
}

/**
 * Reads the ack address, `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`;
 * newer servers put `<domain>.<account hash>` after `ACK` (ADR-15).
 */
export function readDelivery(ackAddress: string): Delivery {
  const tokens = ackAddress.split(".");
  const first = tokens.length >= 11 ? 4 : 2;
  return {
    stream: tokens[first] ?? "",
    delivery: Number(tokens[first + 2]),
    sequence: Number(tokens[first + 3]),
  };
}

/** Never again: a work queue deletes the message, and an advisory carries the reason, where the server knows reasons. */
export function terminate(nc: NatsConnection, msg: Msg, reason: string): void {
  const why = hasFeature(nc, "term-reason") ? ` ${reason.slice(0, longestReason)}` : "";
  nc.publish(msg.reply as string, `+TERM${why}`);
}

/** It may quote what came, and is sent in a message itself. */
const longestReason = 500;

/** Still at it: `ack_wait` begins anew. */
export const stillAtIt = (nc: NatsConnection, msg: Msg) => nc.publish(msg.reply as string, "+WPI");

/** Give it back, to be delivered again after `delayMs`; without a delay that is within milliseconds. */
export const giveBack = (nc: NatsConnection, msg: Msg, delayMs = 0) =>
  nc.publish(
    msg.reply as string,
    delayMs > 0 ? `-NAK {"delay": ${Math.round(delayMs * 1_000_000)}}` : "-NAK",
  );

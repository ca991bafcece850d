// A delivered request as it was read, before anything is done about it.
import type { Msg } from "@nats-io/nats-core";
import { type RequestHeaders, readRequest } from "../protocol/messages.js";
import type { RequireAddress } from "../protocol/reply-addresses.js";
import { type Delivery, readDelivery } from "./delivery.js";

export interface Taken extends RequestHeaders {
  msg: Msg;
  id: string;
  delivery: Delivery;
}

/** A request without an id is named by its place in the stream. */
export function take(msg: Msg): Taken {
  const delivery = readDelivery(msg.reply ?? "");
  const read = readRequest(msg);
  const { id = `${delivery.stream}:${delivery.sequence}`, addressed, deadline, unreadable } = read;
  return { id, addressed, deadline, unreadable, msg, delivery } as Taken;
}

/** Why nobody could be told the answer, so that the work is not even begun. */
export function deadEnd(
  { addressed, unreadable }: Taken,
  requireAddress: RequireAddress,
): string | undefined {
  if (unreadable) return "the headers cannot be read";
  if (!addressed) return "no reply address";
  try {
    requireAddress(addressed.replyTo);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

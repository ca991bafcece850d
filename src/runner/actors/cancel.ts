// A requester's cancel in a scenario, told in events.
import type { NatsConnection } from "@nats-io/nats-core";
import type { Observe, RequesterEvent } from "../../history/event.js";
import type { Handle } from "../../requester/handle.js";
import { cancelRequest, placeOf } from "../../requester/store-ending.js";

export async function cancel(
  nc: NatsConnection,
  handle: Handle,
  observe: Observe<RequesterEvent>,
): Promise<void> {
  const { request } = handle;
  const { outcome: withdrawn, evidence, stored } = await cancelRequest(nc, handle);
  const ending = "cancelled";
  if (stored) observe({ type: "ending-stored", request, ending, ...placeOf(stored) });
  observe({ type: "withdrawn", request, withdrawn, ending, evidence });
}

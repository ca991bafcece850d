// The kit's streams for a row's account: the same ones for what is written by hand and for the kit, so that only the
// way to use them differs.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { setup } from "jetstream-request-reply-kit";

export async function setUpStreams(nc: NatsConnection): Promise<void> {
  await setup(nc, { strategies: ["kv"] });
}

/** REQUESTS is empty by itself: a request leaves it when it is acknowledged. */
export async function purgeReplies(nc: NatsConnection): Promise<void> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  await jsm.streams.purge("REPLIES");
}

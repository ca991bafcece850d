// Leaves out of a plan what the server at hand is too old for.
import type { JetStreamManager } from "@nats-io/jetstream";
import { hasFeature, type Versioned } from "../protocol/features.js";
import type { SetupPlan, StreamPlan } from "./plan.js";

/** The client's manager holds its connection, which its type does not tell. */
const connectionOf = (jsm: JetStreamManager) => (jsm as unknown as { nc?: Versioned }).nc ?? {};

export function planFor(jsm: JetStreamManager, plan: SetupPlan): SetupPlan {
  if (hasFeature(connectionOf(jsm), "message-ttl")) return plan;
  return { ...plan, streams: plan.streams.map(withoutTtl) };
}

function withoutTtl({ allow_msg_ttl: _, ...rest }: StreamPlan): StreamPlan {
  return rest;
}

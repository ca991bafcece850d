// JetStream advisories: records the server's own messages as events of the history.
import type { NatsConnection, Subscription } from "@nats-io/nats-core";
import type { AdvisoryKind, EventBody } from "../history/event.js";

/** The last part of an advisory's `type`, e.g. `io.nats.jetstream.advisory.v1.max_deliver`. */
const kinds: Record<string, AdvisoryKind> = {
  max_deliver: "max-deliver",
  terminated: "terminated",
  nak: "nak",
  stream_leader_elected: "leader-elected",
  consumer_leader_elected: "leader-elected",
  stream_quorum_lost: "quorum-lost",
  consumer_quorum_lost: "quorum-lost",
};

interface Advisory {
  type: string;
  stream?: string;
  consumer?: string;
  stream_seq?: number;
  deliveries?: number;
  reason?: string;
}

/** An account without the permission gets no advisories, and the run goes on. */
export function subscribeToAdvisories(nc: NatsConnection, record: (event: EventBody) => void): Subscription {
  return nc.subscribe("$JS.EVENT.ADVISORY.>", {
    callback: (error, msg) => {
      if (error) return;
      const event = advisoryEvent(msg.json<Advisory>());
      if (event) record(event);
    },
  });
}

/** Undefined for a kind that a history does not keep. */
function advisoryEvent(advisory: Advisory): EventBody | undefined {
  const kind = kinds[advisory.type.split(".").at(-1) ?? ""];
  if (kind === undefined || advisory.stream === undefined) return undefined;
  const { stream, consumer, stream_seq: sequence, deliveries, reason } = advisory;
  return { type: "advisory", kind, stream, consumer, sequence, deliveries, reason };
}

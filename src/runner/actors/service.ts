// A core NATS service in a scenario: subscribes and responds, with nothing stored.
import type { NatsConnection } from "@nats-io/nats-core";
import type { ServiceSettings } from "../../scenario/model-actors.js";
import type { RunningRole } from "../actor-protocol.js";

export async function runService(nc: NatsConnection, settings: ServiceSettings): Promise<RunningRole> {
  const subscription = nc.subscribe(settings.subject, {
    callback: (_error, msg) => {
      msg?.respond(fill(settings.reply, msg.subject));
    },
  });
  await nc.flush();
  return {
    stop: () => subscription.drain(),
  };
}

/** `{2}` in the reply stands for the second token of the request's subject. */
const fill = (reply: string, subject: string) =>
  reply.replace(/\{(\d+)\}/g, (_, n) => subject.split(".")[Number(n) - 1] ?? "");

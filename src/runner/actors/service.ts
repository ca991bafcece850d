// A core NATS service in a scenario: subscribes and responds, with nothing stored.
import { setTimeout as passed } from "node:timers/promises";
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import type { ServiceSettings } from "../../scenario/model.js";
import type { RunningRole } from "../actor-protocol.js";

export async function runService(nc: NatsConnection, settings: ServiceSettings): Promise<RunningRole> {
  const answers = [...(settings.parts ?? []), settings.reply];
  const subscription = nc.subscribe(settings.subject, {
    callback: (error, msg) => (error ? undefined : void answer(msg, answers, settings.workMs)),
  });
  await nc.flush();
  return { stop: () => subscription.drain() };
}

/** Without work all of it at once, in the callback. */
async function answer(msg: Msg, answers: readonly string[], workMs = 0): Promise<void> {
  for (const text of answers) {
    if (workMs > 0) await passed(workMs);
    msg.respond(fill(text, msg.subject));
  }
}

/** `{2}` in the reply stands for the second token of the request's subject. */
const fill = (reply: string, subject: string) =>
  reply.replace(/\{(\d+)\}/g, (_, n) => subject.split(".")[Number(n) - 1] ?? "");

// The responder's process in a scenario.
import type { NatsConnection } from "@nats-io/nats-core";
import type { Observe, ResponderEvent } from "../../history/event.js";
import { fixedMenu } from "../../responder/menu.js";
import { Responder } from "../../responder/responder.js";
import type { ResponderSettings } from "../../scenario/model.js";
import type { RunningRole } from "../actor-protocol.js";

export async function runResponder(
  nc: NatsConnection,
  name: string,
  { menu, unmatched, concurrency }: ResponderSettings,
  observe: Observe<ResponderEvent>,
): Promise<RunningRole> {
  const options = { name, unmatched, concurrency, observe };
  const responder = await Responder.start(nc, menu ? { ...options, menu: fixedMenu(menu) } : options);
  return {
    perform: () => Promise.reject(new Error("a responder takes no commands")),
    stop: () => responder.drain(),
    failed: new Promise((_, reject) => responder.closed.catch(reject)),
  };
}

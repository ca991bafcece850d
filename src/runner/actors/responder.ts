// The responder's process in a scenario.
import type { NatsConnection } from "@nats-io/nats-core";
import type { Observe, ResponderEvent } from "../../history/event.js";
import { defaultMenu, fixedMenu } from "../../responder/menu.js";
import { Responder } from "../../responder/responder.js";
import type { ResponderSettings } from "../../scenario/model.js";
import type { RunningRole } from "../actor-protocol.js";
import { slowMenu } from "./slow-menu.js";

export async function runResponder(
  nc: NatsConnection,
  name: string,
  { menu, unmatched, concurrency, workMs }: ResponderSettings,
  observe: Observe<ResponderEvent>,
): Promise<RunningRole> {
  const options = { name, unmatched, concurrency, observe };
  const served = menu ? fixedMenu(menu) : defaultMenu;
  const responder = await Responder.start(nc, {
    ...options,
    menu: workMs ? slowMenu(served, workMs) : served,
  });
  return {
    perform: () => Promise.reject(new Error("a responder takes no commands")),
    stop: () => responder.drain(),
    failed: new Promise((_, reject) => responder.closed.catch(reject)),
  };
}

// The responder's process in a scenario.
import type { NatsConnection } from "@nats-io/nats-core";
import type { Observe, ResponderEvent } from "../../history/event.js";
import { defaultMenu, fixedMenu } from "../../responder/menu.js";
import { Responder } from "../../responder/responder.js";
import type { CrashPoint, ResponderSettings } from "../../scenario/model.js";
import type { RunningRole } from "../actor-protocol.js";
import { slowMenu } from "./slow-menu.js";

export async function runResponder(
  nc: NatsConnection,
  name: string,
  { menu, unmatched, concurrency, workMs, crash }: ResponderSettings,
  observe: Observe<ResponderEvent>,
): Promise<RunningRole> {
  const options = { name, unmatched, concurrency, observe: crash ? crashingAt(crash, observe) : observe };
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

/** The actor goes on only after it was heard: killed here, it has come exactly as far as the event says. */
function crashingAt(point: CrashPoint, observe: Observe<ResponderEvent>): Observe<ResponderEvent> {
  const last = point === "after-effect" ? "executed" : "replied";
  const first = new Set<string>();
  return (event) => {
    observe(event);
    if (event.type === "delivered" && event.delivery === 1) first.add(event.request);
    if (event.type === last && first.has(event.request)) process.kill(process.pid, "SIGKILL");
  };
}

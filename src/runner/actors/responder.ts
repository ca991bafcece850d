// Responder actor: runs a responder in its own process, as a scenario describes it.
import type { NatsConnection } from "@nats-io/nats-core";
import type { Observe, ResponderEvent } from "../../protocol/events.js";
import { Responder } from "../../responder/responder.js";
import type { CrashPoint, ResponderSettings } from "../../scenario/model.js";
import type { RunningRole } from "../actor-protocol.js";
import { menuHandlers, orderHandlers, simulate } from "../order-handlers.js";
import { runPlainResponder } from "./plain-responder.js";

export async function runResponder(
  nc: NatsConnection,
  name: string,
  {
    kind,
    acks,
    online: _,
    menu,
    unmatched,
    concurrency,
    prefetch,
    workMs,
    crash,
    wireCrash: __,
    fails,
    ...kit
  }: ResponderSettings,
  observe: Observe<ResponderEvent>,
): Promise<RunningRole> {
  const watch = crash ? crashingAt(crash, observe) : observe;
  const common = {
    observe: watch,
    handlers: simulate(menu ? menuHandlers(menu) : orderHandlers, { fails, workMs }),
    prefetch,
  };
  if (kind === "plain") return runPlainResponder(nc, { ...common, acks, queue: kit.queue, consumer: kit.consumer });
  const responder = await Responder.start(nc, { ...kit, ...common, name, unmatched, concurrency });
  return {
    async runStep(step) {
      if (step.kind === "pause") void responder.pause();
      else if (step.kind === "resume") responder.resume();
      else throw new Error(`a responder does not ${step.kind}`);
    },
    stop: async () => void (await responder.drain()),
    failed: new Promise((_, reject) => responder.closed.catch(reject)),
  };
}

const lastEvents = {
  "before-handling": "delivered",
  "after-part": "part-replied",
  "after-effect": "executed",
  "after-reply": "replied",
} as const satisfies Record<CrashPoint, ResponderEvent["type"]>;

/** Each event is recorded before the actor goes on: killed here, the actor has done exactly what the event says. */
function crashingAt(point: CrashPoint, observe: Observe<ResponderEvent>): Observe<ResponderEvent> {
  const last = lastEvents[point];
  const first = new Set<string>();
  return (event) => {
    observe(event);
    if (event.type === "delivered" && event.delivery === 1) first.add(event.request);
    if (event.type === last && first.has(event.request)) process.kill(process.pid, "SIGKILL");
  };
}

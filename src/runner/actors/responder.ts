// The responder's process in a scenario.

import type { NatsConnection } from "@nats-io/nats-core";
import type { Observe, ResponderEvent } from "../../protocol/events.js";
import { defaultMenu, failingMenu, fixedMenu, type Menu, partsMenu } from "../../responder/handlers.js";
import { Responder } from "../../responder/responder.js";
import type { CrashPoint, ResponderSettings } from "../../scenario/model.js";
import type { RunningRole } from "../actor-protocol.js";
import { runPlainResponder } from "./plain-responder.js";
import { rehearse } from "./simulated-handlers.js";

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
    fails,
    ...kit
  }: ResponderSettings,
  observe: Observe<ResponderEvent>,
): Promise<RunningRole> {
  const watch = crash ? crashingAt(crash, observe) : observe;
  const common = {
    observe: watch,
    menu: rehearse(servedMenu(menu), { fails, ...(workMs === undefined ? {} : { workMs }) }),
    ...(prefetch === undefined ? {} : { prefetch }),
  };
  if (kind === "plain") return runPlainResponder(nc, { ...common, acks });
  const responder = await Responder.start(nc, { ...kit, ...common, name, unmatched, concurrency });
  return {
    async runStep(step) {
      if (step.kind === "pause") void responder.pause();
      else if (step.kind === "resume") responder.resume();
      else throw new Error(`a responder does not ${step.kind}`);
    },
    stop: () => responder.drain(),
    failed: new Promise((_, reject) => responder.closed.catch(reject)),
  };
}

const lastEvents = {
  "before-handling": "delivered",
  "after-part": "part-replied",
  "after-effect": "executed",
  "after-reply": "replied",
} as const satisfies Record<CrashPoint, ResponderEvent["type"]>;

/** The actor goes on only after it was heard: killed here, it has come exactly as far as the event says. */
function crashingAt(point: CrashPoint, observe: Observe<ResponderEvent>): Observe<ResponderEvent> {
  const last = lastEvents[point];
  const first = new Set<string>();
  return (event) => {
    observe(event);
    if (event.type === "delivered" && event.delivery === 1) first.add(event.request);
    if (event.type === last && first.has(event.request)) process.kill(process.pid, "SIGKILL");
  };
}

// The menu of a responder in a scenario: fixed answers, some in parts, and failures.

function servedMenu(entries: ResponderSettings["menu"]): Menu {
  if (!entries) return defaultMenu;
  const one: Record<string, string> = {};
  const several: Record<string, string[]> = {};
  const failures: Record<string, string> = {};
  for (const [order, entry] of Object.entries(entries)) {
    if (typeof entry === "string") one[order] = entry;
    else if ("error" in entry) failures[order] = entry.error;
    else several[order] = [...entry.parts, entry.reply];
  }
  return { ...fixedMenu(one), ...partsMenu(several), ...failingMenu(failures) };
}

// The handles of the requests that a scenario sent.
import type { Handle } from "../requester/handle.js";
import type { Lab } from "./lab.js";

/** What the requester would have kept, for each request of this name that was sent: put together from its own events. */
export function handlesOf(lab: Lab, alias: string): Handle[] {
  return lab.history.outcomes.requestsOf(alias).flatMap((request) => {
    const handle: Handle = { requester: "", request, stream: "REQUESTS", sequence: 0 };
    for (const event of lab.history.events) {
      if (event.type === "requested" && event.request === request) {
        handle.requester = event.actor;
        const { strategy } = event;
        if (strategy === "kv" || strategy === "shared") handle.store = strategy;
      }
      if (event.type === "stored" && event.request === request) handle.sequence = event.sequence;
    }
    return handle.requester === "" ? [] : [handle];
  });
}

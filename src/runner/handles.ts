// The handles of the requests that a scenario sent.
import type { Handle } from "../requester/handle.js";
import type { Lab } from "./lab.js";

/**
 * What the requester would have kept, for each request of this name that was sent: put together from its own events, in one pass.
 * A load may have thousands of requests.
 */
export function handlesOf({ history }: Pick<Lab, "history">, alias: string): Handle[] {
  const handles = new Map<string, Handle>();
  for (const request of history.outcomes.requestsOf(alias)) {
    handles.set(request, { requester: "", request, stream: "REQUESTS", sequence: 0 });
  }
  for (const event of history.events) {
    if (event.type !== "requested" && event.type !== "stored") continue;
    const handle = handles.get(event.request);
    if (!handle) continue;
    if (event.type === "stored") handle.sequence = event.sequence;
    else {
      handle.requester = event.actor;
      if (event.strategy === "kv" || event.strategy === "shared") handle.store = event.strategy;
    }
  }
  return [...handles.values()].filter(({ requester }) => requester !== "");
}

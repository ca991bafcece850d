// Steps of a requester: it sends a request, looks for a reply, takes a request back.
import type { Handle } from "../../requester/handle.js";
import type { Lab } from "../lab.js";
import { nothing, type Perform } from "./perform.js";

export const request: Perform<"request"> = async (lab, step) => {
  const { from, as, order, subject, payload, id, timeoutMs, onTimeout } = step;
  const where = order === undefined ? { subject: subject as string } : { order };
  const own = {
    ...(id === undefined ? {} : { id }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(onTimeout === undefined ? {} : { onTimeout }),
  };
  return nothing(lab.actor(from).perform({ do: "request", as, payload, ...where, ...own }));
};

export const collect: Perform<"collect"> = (lab, { request, by, timeoutMs = 0 }) => {
  const collect = (handle: Handle) => lab.actor(by).perform({ do: "collect", handle, timeoutMs });
  return nothing(Promise.all(handlesOf(lab, request).map(collect)));
};

export const cancel: Perform<"cancel"> = (lab, { request, by }) => {
  const cancel = (handle: Handle) => lab.actor(by).perform({ do: "cancel", handle });
  return nothing(Promise.all(handlesOf(lab, request).map(cancel)));
};

/** What the requester would have kept, for each request of this name: put together from its own events. */
function handlesOf(lab: Lab, alias: string): Handle[] {
  return lab.history.outcomes.requestsOf(alias).map((request) => {
    const handle: Handle = { requester: "", request, stream: "REQUESTS", sequence: 0 };
    for (const event of lab.history.events) {
      if (event.type === "requested" && event.request === request) {
        handle.requester = event.actor;
        const { strategy } = event;
        if (strategy === "kv" || strategy === "shared") handle.store = strategy;
      }
      if (event.type === "stored" && event.request === request) handle.sequence = event.sequence;
    }
    return handle;
  });
}

// Steps of a requester: it sends a request, looks for a reply, takes a request back.
import { pubAckTimeoutMs } from "../../connection/publish.js";
import type { Handle } from "../../requester/handle.js";
import type { Load } from "../../scenario/model.js";
import { handlesOf } from "../evaluate.js";
import type { Lab } from "../run-context.js";
import { nothing, type Perform, type StepOf } from "./step.js";

export const request: Perform<"request"> = async (lab, step) => {
  const { from, as, order, subject, payload, id } = step;
  if (step.load) return load(lab, step, step.load);
  const where = order === undefined ? { subject: subject as string } : { order };
  const own = {
    ...(id === undefined ? {} : { id }),
    ...waitOf(step),
  };
  return nothing(lab.actor(from).perform({ do: "request", as, payload, ...where, ...own }));
};

export const send: Perform<"send"> = async (lab, step) => {
  const { from, as, order = "", payload, id } = step;
  if (step.load) return load(lab, step, step.load);
  const own = id === undefined ? {} : { id };
  return nothing(lab.actor(from).perform({ do: "send", as, order, payload, ...own }));
};

function load(lab: Lab, step: StepOf<"request" | "send">, { count, ratePerSecond, orders }: Load) {
  const { from, as, payload } = step;
  const random = lab.random(`load of ${as}`);
  const own = {
    ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
    ...(step.kind === "send" ? { unawaited: true as const } : waitOf(step)),
  };
  const drawn = Array.from({ length: count }, () => draw(orders, random()));
  return nothing(lab.actor(from).perform({ do: "load", as, payload, orders: drawn, ...own }));
}

const waitOf = ({ timeoutMs, onTimeout, many }: StepOf<"request">) => ({
  ...(timeoutMs === undefined ? {} : { timeoutMs }),
  ...(onTimeout === undefined ? {} : { onTimeout }),
  ...(many === undefined ? {} : { many }),
});

/** One of the orders by its weight; `chance` is from 0 up to 1. */
function draw(orders: Record<string, number>, chance: number): string {
  const total = Object.values(orders).reduce((a, b) => a + b, 0);
  let left = chance * total;
  for (const [order, weight] of Object.entries(orders)) {
    left -= weight;
    if (left < 0) return order;
  }
  return Object.keys(orders).at(-1) as string;
}

export const collect: Perform<"collect"> = (lab, { request, by, timeoutMs = 0 }) => {
  const collect = (handle: Handle) => lab.actor(by).perform({ do: "collect", handle, timeoutMs });
  return nothing(Promise.all(handlesOf(lab, request).map(collect)));
};

/** Who cancels needs the handle, which is there when the PubAck is. One that never comes is not waited for any longer than the client does. */
export const cancel: Perform<"cancel"> = async (lab, { request, by }) => {
  const { tally } = lab.history;
  const known = () =>
    tally.of(request, "stored") + tally.of(request, "request-failed") >= tally.of(request, "requested");
  await lab.history.until(known, pubAckTimeoutMs, lab.signal);
  const cancel = (handle: Handle) => lab.actor(by).perform({ do: "cancel", handle });
  return nothing(Promise.all(handlesOf(lab, request).map(cancel)));
};

// Steps of a requester in a run: `request`, `send`, `collect` and `cancel`.
import type { Handle } from "../../requester/handle.js";
import { sendTimeoutMs } from "../../requester/options.js";
import type { Load } from "../../scenario/model.js";
import { handlesOf } from "../evaluate.js";
import type { RunContext } from "../run-context.js";
import { nothing, type RunStep, type StepOf } from "./step.js";

export const request: RunStep<"request"> = async (context, step) => {
  const { from, as, order, subject, payload, id, load, timeoutMs, onTimeout, many } = step;
  const waiting = { timeoutMs, onTimeout, many };
  if (load) return startLoad(context, step, load, waiting);
  return nothing(context.actor(from).runStep({ kind: "request", as, payload, order, subject, id, ...waiting }));
};

export const send: RunStep<"send"> = async (context, step) => {
  const { from, as, order = "", payload, id, load, delayMs } = step;
  if (load) return startLoad(context, step, load, { delayMs });
  return nothing(context.actor(from).runStep({ kind: "send", as, order, payload, id, delayMs }));
};

/** The orders are drawn here, so that the run's seed decides them. */
function startLoad(
  context: RunContext,
  { kind, from, as, payload }: StepOf<"request" | "send">,
  { count, ratePerSecond, orders }: Load,
  more: Pick<StepOf<"request">, "timeoutMs" | "onTimeout" | "many"> & { delayMs?: number } = {},
) {
  const random = context.random(`load of ${as}`);
  const drawn = Array.from({ length: count }, () => draw(orders, random()));
  const load = { as, payload, each: kind, orders: drawn, ratePerSecond, ...more };
  return nothing(context.actor(from).runStep({ kind: "load", ...load }));
}

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

export const collect: RunStep<"collect"> = (context, { request, by, timeoutMs = 0 }) => {
  const collect = (handle: Handle) => context.actor(by).runStep({ kind: "collect", handle, timeoutMs });
  return nothing(Promise.all(handlesOf(context, request).map(collect)));
};

/** A cancel needs the handle, which exists after the PubAck. The wait for a PubAck ends when the client's own does. */
export const cancel: RunStep<"cancel"> = async (context, { request, by }) => {
  const { tally } = context.history;
  const known = () =>
    tally.of(request, "stored") + tally.of(request, "request-failed") >= tally.of(request, "requested");
  await context.history.until(known, sendTimeoutMs, context.signal);
  const cancel = (handle: Handle) => context.actor(by).runStep({ kind: "cancel", handle });
  return nothing(Promise.all(handlesOf(context, request).map(cancel)));
};

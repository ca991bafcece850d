// Many requests by one requester, each sent when it is due, however slow the replies are (open loop).
import { setTimeout as passed } from "node:timers/promises";
import type { Observe, RequesterEvent } from "../../history/event.js";
import type { Command } from "../actor-protocol.js";

type LoadCommand = Extract<Command, { do: "load" }>;
type OneCommand = Extract<Command, { do: "request" | "send" }>;

/** Begins, and goes on by itself until all are sent or `signal` says that the requester leaves. */
export function startLoad(
  load: LoadCommand,
  send: (command: OneCommand) => Promise<void>,
  observe: Observe<RequesterEvent>,
  signal: AbortSignal,
): void {
  const { as, orders, ratePerSecond } = load;
  const rate = ratePerSecond === undefined ? {} : { ratePerSecond };
  observe({ type: "load-started", as, count: orders.length, ...rate });
  void sendAll(load, send, signal);
}

async function sendAll(
  { do: _, orders, ratePerSecond, unawaited, ...request }: LoadCommand,
  send: (command: OneCommand) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const begun = performance.now();
  for (const [i, order] of orders.entries()) {
    const due = ratePerSecond === undefined ? begun : begun + (i * 1000) / ratePerSecond;
    const early = due - performance.now();
    // A timer is no finer than a millisecond: what is due by then is sent together.
    if (early >= 1) await passed(early, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    void send({ ...request, do: unawaited ? "send" : "request", order });
  }
}

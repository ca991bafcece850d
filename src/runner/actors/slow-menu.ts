// A menu whose handlers take their time, and stop when nobody waits for the answer any more.
import { setTimeout as passed } from "node:timers/promises";
import type { Handler, Menu, OrderRequest } from "../../responder/menu.js";

export const slowMenu = (menu: Menu, workMs: number): Menu =>
  Object.fromEntries(
    Object.entries(menu).map(([order, entry]): [string, Handler] => {
      const answer = (request: OrderRequest) => (typeof entry === "function" ? entry(request) : entry);
      return [order, (request) => work(request, workMs).then(() => answer(request))];
    }),
  );

async function work({ signal }: OrderRequest, workMs: number): Promise<void> {
  await passed(workMs, undefined, { signal }).catch(() => {
    throw new Error(`stopped at work: ${(signal.reason as Error).message}`);
  });
}

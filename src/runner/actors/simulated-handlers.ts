// A menu for trying things out, in scenarios and on the command line: its handlers take their time, and fail on purpose.

import { setTimeout as passed } from "node:timers/promises";
import {
  findHandler,
  type Handler,
  isAnswer,
  type Menu,
  type OrderRequest,
  type Parts,
  RetryLaterError,
} from "../../responder/handlers.js";

interface Rehearsal {
  /** How long each handler works before each of its replies, unless its signal fires. Default: no time. */
  workMs?: number;
  /** At how many deliveries of each request the handlers fail, in a way that may pass. Default 0. */
  fails?: number | "always";
}

/** The same menu; a delivery that fails does so at once, before any work. */
export function rehearse(menu: Menu, { workMs, fails = 0 }: Rehearsal): Menu {
  const paced = workMs ? each(menu, (handler) => slow(handler, workMs)) : menu;
  if (fails === 0) return paced;
  return each(paced, (handler) => unlucky(handler, fails === "always" ? Number.POSITIVE_INFINITY : fails));
}

const each = (menu: Menu, change: (handler: Handler) => Handler): Menu =>
  Object.fromEntries(
    Object.keys(menu).map((order) => [order, change(findHandler(menu, order) as Handler)] as const),
  );

const slow =
  (handler: Handler, workMs: number): Handler =>
  async (request) => {
    await work(request, workMs);
    const given = await handler(request);
    return isAnswer(given) ? given : slowly(given, request, workMs);
  };

/** The work on the first of them is done. */
async function* slowly(parts: Parts, request: OrderRequest, workMs: number): Parts {
  for (;;) {
    const { value, done } = await parts.next();
    if (done) return value;
    yield value;
    await work(request, workMs);
  }
}

async function work({ signal }: OrderRequest, workMs: number): Promise<void> {
  await passed(workMs, undefined, { signal }).catch(() => {
    throw new Error(`stopped at work: ${(signal.reason as Error).message}`);
  });
}

const unlucky =
  (handler: Handler, times: number): Handler =>
  (request) => {
    if (request.delivery <= times) throw new RetryLaterError(`attempt ${request.delivery} failed`);
    return handler(request);
  };

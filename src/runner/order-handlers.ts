// Order handlers: handlers made of fixed texts, which can take time and fail on purpose, for scenarios and the command line.
import { setTimeout as passed } from "node:timers/promises";
import {
  asHandler,
  type Handler,
  type HandlerRequest,
  type Handlers,
  isParts,
  type Parts,
} from "../responder/handlers.js";
import { RetryLaterError } from "../responder/retry.js";
import type { MenuEntry } from "../scenario/model.js";
import { defaultMenu } from "../scenario/schema-actors.js";

/** A handler for each order of a menu. */
export const menuHandlers = (menu: Readonly<Record<string, MenuEntry>>): Handlers =>
  Object.fromEntries(Object.entries(menu).map(([order, entry]) => [order, handlerOf(entry)]));

/** A note that comes with the order has to be text: one that is not is rejected. An order that fails does so with any note. */
function handlerOf(entry: MenuEntry): Handler {
  if (typeof entry === "string")
    return (request) => {
      void request.text;
      return entry;
    };
  if ("error" in entry)
    return () => {
      throw new Error(entry.error);
    };
  return async function* (request) {
    void request.text;
    yield* entry.parts;
    return entry.reply;
  };
}

/** The orders of a responder without a menu. */
export const orderHandlers: Handlers = menuHandlers(defaultMenu);

interface Simulation {
  /** How long each handler works before each of its replies, unless its signal fires. Default: no time. */
  workMs?: number;
  /** At how many deliveries of each request the handlers fail, in a way that may pass. Default 0. */
  fails?: number | "always";
}

/** The same handlers; a delivery that fails does so at once, before any work. */
export function simulate(handlers: Handlers, { workMs, fails = 0 }: Simulation): Handlers {
  const simulated = Object.entries(handlers).map(([order, entry]) => {
    const handler = asHandler(entry, order);
    const paced = workMs ? slow(handler, workMs) : handler;
    return [order, fails === 0 ? paced : failing(paced, fails === "always" ? Number.POSITIVE_INFINITY : fails)];
  });
  return Object.fromEntries(simulated);
}

const slow =
  (handler: Handler, workMs: number): Handler =>
  async (request) => {
    await work(request, workMs);
    const reply = await handler(request);
    return isParts(reply) ? slowly(reply, request, workMs) : reply;
  };

/** The work on the first of them is done. */
async function* slowly(parts: Parts, request: HandlerRequest, workMs: number): Parts {
  for (;;) {
    const { value, done } = await parts.next();
    if (done) return value;
    yield value;
    await work(request, workMs);
  }
}

async function work({ signal }: HandlerRequest, workMs: number): Promise<void> {
  await passed(workMs, undefined, { signal }).catch(() => {
    throw new Error(`stopped at work: ${(signal.reason as Error).message}`);
  });
}

const failing =
  (handler: Handler, times: number): Handler =>
  (request) => {
    if (request.deliveryCount <= times) throw new RetryLaterError(`attempt ${request.deliveryCount} failed`);
    return handler(request);
  };

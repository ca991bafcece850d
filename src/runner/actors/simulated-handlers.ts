// Simulated handlers: handlers that take time and fail on purpose, for scenarios and the command line.
import { setTimeout as passed } from "node:timers/promises";
import {
  findHandler,
  type Handler,
  type HandlerRequest,
  type Handlers,
  isReplyPayload,
  type Parts,
  RetryLaterError,
} from "../../responder/handlers.js";

interface Simulation {
  /** How long each handler works before each of its replies, unless its signal fires. Default: no time. */
  workMs?: number | undefined;
  /** At how many deliveries of each request the handlers fail, in a way that may pass. Default 0. */
  fails?: number | "always";
}

/** The same handlers; a delivery that fails does so at once, before any work. */
export function simulate(handlers: Handlers, { workMs, fails = 0 }: Simulation): Handlers {
  const paced = workMs ? each(handlers, (handler) => slow(handler, workMs)) : handlers;
  if (fails === 0) return paced;
  return each(paced, (handler) => failing(handler, fails === "always" ? Number.POSITIVE_INFINITY : fails));
}

const each = (handlers: Handlers, change: (handler: Handler) => Handler): Handlers =>
  Object.fromEntries(
    Object.keys(handlers).map((order) => [order, change(findHandler(handlers, order) as Handler)] as const),
  );

const slow =
  (handler: Handler, workMs: number): Handler =>
  async (request) => {
    await work(request, workMs);
    const reply = await handler(request);
    return isReplyPayload(reply) ? reply : slowly(reply, request, workMs);
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

// Tells who waits for a turn, and who gets none. Only where somebody listens: without an observer no request comes here.
import type { Observe, RequesterEvent } from "../history/event.js";
import type { ReplyStrategy } from "../history/strategies.js";
import { TooManyOutstanding } from "../protocol/errors.js";
import { requestSubject, requireName } from "../protocol/names.js";
import type { Turns } from "./turns.js";

/** A request before it is sent, as its events name it. */
export interface Asked {
  request: string;
  subject: string;
  strategy: ReplyStrategy;
  as?: string;
}

/** @throws InvalidInput where the order or the id is none. */
export function asked(
  order: string,
  { id, as }: { id: string; as?: string | undefined },
  strategy: ReplyStrategy,
): Asked {
  const request = requireName("the request id", id);
  return { request, subject: requestSubject(order), strategy, ...(as ? { as } : {}) };
}

/** As `turns.take`. */
export async function takeTold<T>(
  turns: Turns,
  asked: Asked,
  observe: Observe<RequesterEvent>,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const waiting = turns.ahead;
  if (waiting > 0 && !turns.full && !signal?.aborted) observe({ type: "turn-awaited", ...asked, waiting });
  try {
    return await turns.take(work, signal);
  } catch (error) {
    if (error instanceof TooManyOutstanding)
      observe({ type: "turn-refused", ...asked, error: error.message });
    throw error;
  }
}

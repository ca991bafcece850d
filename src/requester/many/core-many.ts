// Core NATS request-many (ADR-47): one message, answers of any number of responders. Nothing is stored: who is not there
// now answers nothing, and who does not listen now hears nothing. The client does the asking, the total time and "no
// responders"; its strategies exclude one another, so the other ends are found here.
import type { NatsConnection } from "@nats-io/nats-core";
import type { Stoppable } from "../../connection/watch.js";
import type { RepliesEnd } from "../../history/event.js";
import { type Reply, readReply } from "../../protocol/messages.js";
import { requireSubject } from "../../protocol/names.js";
import { fromClientError } from "../../protocol/server-error.js";
import { requireTimeout } from "../options.js";
import type { Limits } from "./in-order.js";
import { requireLimits } from "./many-calls.js";

export type CoreManyEnd = Exclude<RepliesEnd, "last" | "missing-part">;

/** What ends it, whichever comes first; `stallMs` counts from the first answer on. */
export interface CoreManyOptions extends Limits {
  /** Milliseconds for all of it. Default 5000. */
  timeoutMs?: number;
  /**
   * Says of an answer that it is the end mark; `true` means an empty one. It is not given. Of use where one responder
   * answers: several each have their own end.
   */
  sentinel?: true | ((reply: Reply) => boolean);
}

const isEmpty = ({ payload }: Reply) => payload.length === 0;

/**
 * Gives the answers as they come, and ends when one of the limits is reached: that is no error, also where none has come. What
 * the iterator returns at its end says which.
 * @throws NoResponders when nobody listens on the subject (server status 503), InvalidInput, and the connection's errors.
 */
export async function* requestMany(
  nc: NatsConnection,
  subject: string,
  payload: string | Uint8Array = "",
  options: CoreManyOptions = {},
): AsyncGenerator<Reply, CoreManyEnd, undefined> {
  const { stallMs, maximum = Number.POSITIVE_INFINITY } = options;
  requireSubject(subject);
  requireLimits(options);
  const maxWait = requireTimeout(options.timeoutMs ?? 5_000);
  const isLast = options.sentinel === true ? isEmpty : (options.sentinel ?? (() => false));
  let stop = () => {};
  let stall: NodeJS.Timeout | undefined;
  let end: CoreManyEnd = "timeout";
  const stalled = () => {
    end = "stall";
    stop();
  };
  try {
    const answers = await nc.requestMany(subject, payload, { strategy: "timer", maxWait });
    stop = () => (answers as Stoppable).stop?.();
    let count = 0;
    for await (const msg of answers) {
      clearTimeout(stall);
      const reply = readReply(msg);
      if (isLast(reply)) return "sentinel";
      yield reply;
      if (++count >= maximum) return "maximum";
      if (stallMs !== undefined) stall = setTimeout(stalled, stallMs);
    }
    return end;
  } catch (error) {
    throw fromClientError(`request to ${subject}`, error);
  } finally {
    clearTimeout(stall);
    stop();
  }
}

// Plain NATS request-reply, for comparison: nothing is stored, and on a subject that a stream captures it is a mistake.
import type { NatsConnection } from "@nats-io/nats-core";
import type { Stoppable } from "../../connection/watch.js";
import { NoAnswerError, NoRespondersError } from "../../protocol/errors.js";
import type { Observe, RepliesEnd, RequesterEvent } from "../../protocol/events.js";
import { type Reply, readReply } from "../../protocol/messages.js";
import { newRequestId } from "../../protocol/request-id.js";
import { fromClientError } from "../../protocol/server-error.js";
import { requireSubject } from "../../protocol/subjects.js";
import { requireTimeout } from "../../requester/options.js";
import type { Limits } from "../../requester/reply-stream.js";
import { requireLimits } from "../../requester/request-many.js";

interface CoreRequest {
  subject: string;
  payload: string;
  timeoutMs: number;
  /** A name for this request in the events. */
  as?: string;
}

/** Sends with the client's own `request()` and tells what came of it, in events only. */
export async function coreRequest(
  nc: NatsConnection,
  { subject, payload, timeoutMs, as }: CoreRequest,
  observe: Observe<RequesterEvent>,
): Promise<void> {
  const request = newRequestId();
  observe({ type: "requested", request, subject, strategy: "core", timeoutMs, ...(as ? { as } : {}) });
  const sentAt = performance.now();
  try {
    const msg = await nc.request(subject, payload, { timeout: timeoutMs });
    const reply = readReply(msg);
    const place = asPubAck(reply.text);
    if (place) observe({ type: "puback-received", request, ...place });
    else observe({ type: "received", request, status: reply.status, payload: reply.text, late: false });
  } catch (error) {
    observe(whatWentWrong(request, subject, Math.round(performance.now() - sentAt), error));
  }
}

/** A stream that captured the subject answers with `{"stream":...,"seq":...}` on the reply subject. */
function asPubAck(text: string): { stream: string; sequence: number } | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const { stream, seq } = JSON.parse(text);
    return typeof stream === "string" && typeof seq === "number" ? { stream, sequence: seq } : undefined;
  } catch {
    return undefined;
  }
}

function whatWentWrong(request: string, subject: string, afterMs: number, error: unknown): RequesterEvent {
  const known = fromClientError(`request to ${subject}`, error);
  if (known instanceof NoRespondersError) return { type: "no-responders", request, subject };
  if (!(known instanceof NoAnswerError)) return { type: "request-failed", request, error: known.message };
  return gaveUp(request, afterMs);
}

const gaveUp = (request: string, afterMs: number): RequesterEvent => ({
  ...{ type: "timed-out", request, afterMs, whereabouts: "unknown" },
  evidence: "a core request is stored nowhere",
});

// Core NATS request-many (ADR-47): one message, answers of any number of responders. Nothing is stored: who is not there
// now answers nothing, and who does not listen now hears nothing. The client does the asking, the total time and "no
// responders"; its strategies exclude one another, so the other ends are found here.

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

const isEmpty = ({ data }: Reply) => data.length === 0;

/**
 * Gives the answers as they come, and ends when one of the limits is reached: that is no error, also where none has come. What
 * the iterator returns at its end says which.
 * @throws NoRespondersError when no responder listens on the subject (server status 503), InvalidInputError, and the connection's errors.
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

// Core request-many as events: each answer is a part, because none is the last one, and then what ended them.

/** Resolves when the requester waits for nothing more. Without an answer in time there is the event `timed-out`. */
export async function coreRequestMany(
  nc: NatsConnection,
  { subject, payload, timeoutMs, as }: CoreRequest,
  limits: Omit<CoreManyOptions, "timeoutMs">,
  observe: Observe<RequesterEvent>,
): Promise<void> {
  const request = newRequestId();
  observe({ type: "requested", request, subject, strategy: "core", timeoutMs, ...(as ? { as } : {}) });
  const sentAt = performance.now();
  const afterMs = () => Math.round(performance.now() - sentAt);
  const answers = requestMany(nc, subject, payload, { ...limits, timeoutMs });
  let [parts, captured] = [0, false];
  try {
    for (;;) {
      const { done, value } = await answers.next();
      if (done) {
        if (parts > 0 || value === "sentinel") observe({ type: "replies-ended", request, parts, by: value });
        else if (!captured) observe(gaveUp(request, afterMs()));
        return;
      }
      const place = asPubAck(value.text);
      if (place) {
        captured = true;
        observe({ type: "puback-received", request, ...place });
      } else observe({ type: "part-received", request, part: ++parts, payload: value.text });
    }
  } catch (error) {
    observe(whatWentWrong(request, subject, afterMs(), error));
  }
}

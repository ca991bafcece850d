// Plain NATS request-reply, for comparison: nothing is stored, and on a subject that a stream captures it is a mistake.
import type { NatsConnection } from "@nats-io/nats-core";
import type { Stoppable } from "../../connection/watch.js";
import { NoAnswerError, NoRespondersError } from "../../protocol/errors.js";
import type { Observe, RepliesEnd, RequesterEvent } from "../../protocol/events.js";
import { type Reply, readReply } from "../../protocol/headers.js";
import { newRequestId } from "../../protocol/request-id.js";
import { fromClientError } from "../../protocol/server-error.js";
import { requireSubject } from "../../protocol/subjects.js";
import { requireTimeout } from "../../requester/options.js";
import type { Limits } from "../../requester/reply-stream.js";
import { requireLimits } from "../../requester/request-many.js";
import type { Many } from "../../scenario/model.js";

interface CoreRequest {
  subject: string;
  payload: string;
  timeoutMs: number;
  /** A name for this request in the events. */
  as?: string;
  /** Set if it asks for several replies. */
  many?: Many;
}

/** Sends with the client's own `request()` or `requestMany()`; the outcome is in the events only. */
export async function coreRequest(
  nc: NatsConnection,
  { subject, payload, timeoutMs, as, many }: CoreRequest,
  observe: Observe<RequesterEvent>,
): Promise<void> {
  const request = newRequestId();
  observe({ type: "requested", request, subject, strategy: "core", timeoutMs, as });
  const sentAt = performance.now();
  const gaveUp = () =>
    observe({
      ...{ type: "timed-out", request, afterMs: Math.round(performance.now() - sentAt), whereabouts: "unknown" },
      evidence: "a core request is stored nowhere",
    });
  try {
    if (many) {
      const answers = requestMany(nc, subject, payload, { ...many, timeoutMs });
      if (!(await observeAnswers(request, answers, observe))) gaveUp();
      return;
    }
    const reply = readReply(await nc.request(subject, payload, { timeout: timeoutMs }));
    const place = asPubAck(reply.text);
    if (place) observe({ type: "puback-received", request, ...place });
    else observe({ type: "received", request, status: reply.status, payload: reply.text, late: false });
  } catch (error) {
    const known = fromClientError(`request to ${subject}`, error);
    if (known instanceof NoRespondersError) observe({ type: "no-responders", request, subject });
    else if (known instanceof NoAnswerError) gaveUp();
    else observe({ type: "request-failed", request, error: known.message });
  }
}

/** Each answer is a part, because none is the last one; after them comes what ended them. False if there was no answer in time. */
async function observeAnswers(
  request: string,
  answers: AsyncGenerator<Reply, CoreManyEnd>,
  observe: Observe<RequesterEvent>,
): Promise<boolean> {
  let [parts, captured] = [0, false];
  for (;;) {
    const { done, value } = await answers.next();
    if (done) {
      const ended = parts > 0 || value === "sentinel";
      if (ended) observe({ type: "replies-ended", request, parts, by: value });
      return ended || captured;
    }
    const place = asPubAck(value.text);
    captured ||= place !== undefined;
    if (place) observe({ type: "puback-received", request, ...place });
    else observe({ type: "part-received", request, part: ++parts, payload: value.text });
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

// Core NATS request-many (ADR-47): one message, answers of any number of responders. The client sends, and ends at the total time
// and at "no responders". Its strategies exclude one another, so the other ends are found here.

export type CoreManyEnd = Exclude<RepliesEnd, "last" | "missing-part">;

/** What ends it, whichever comes first; `stallMs` counts from the first answer on. */
export interface CoreManyOptions extends Limits {
  /** Milliseconds for all of it. */
  timeoutMs: number;
  /** The text of the end mark, which is no reply. Several responders each have their own end. */
  sentinel?: string;
}

/**
 * Yields the answers as they come, and returns which limit ended them. A limit is no error, also without an answer.
 * @throws NoRespondersError when no responder listens on the subject (server status 503), InvalidInputError, and the connection's errors.
 */
export async function* requestMany(
  nc: NatsConnection,
  subject: string,
  payload: string | Uint8Array,
  options: CoreManyOptions,
): AsyncGenerator<Reply, CoreManyEnd, undefined> {
  const { stallMs, maximum = Number.POSITIVE_INFINITY, sentinel } = options;
  requireSubject(subject);
  requireLimits(options);
  const maxWait = requireTimeout(options.timeoutMs);
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
      if (sentinel !== undefined && reply.text === sentinel) return "sentinel";
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

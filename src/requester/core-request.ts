// Plain NATS request-reply, for comparison: nothing is stored, and on a subject that a stream captures it is a mistake.
import { type NatsConnection, nuid } from "@nats-io/nats-core";
import type { Observe, RequesterEvent } from "../history/event.js";
import { NoAnswer, NoResponders } from "../protocol/errors.js";
import { readReply } from "../protocol/messages.js";
import { fromClientError } from "../protocol/server-error.js";

export interface CoreRequest {
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
  const request = nuid.next();
  observe({ type: "requested", request, subject, strategy: "core", timeoutMs, ...(as ? { as } : {}) });
  const sentAt = performance.now();
  try {
    const msg = await nc.request(subject, payload, { timeout: timeoutMs });
    const reply = readReply(msg);
    const place = asPubAck(reply.text);
    if (place) observe({ type: "puback-received", request, ...place });
    else observe({ type: "received", request, ending: reply.ending, payload: reply.text, late: false });
  } catch (error) {
    observe(whatWentWrong(request, subject, Math.round(performance.now() - sentAt), error));
  }
}

/** A stream that captured the subject answers with `{"stream":...,"seq":...}` on the reply subject. */
export function asPubAck(text: string): { stream: string; sequence: number } | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const { stream, seq } = JSON.parse(text);
    return typeof stream === "string" && typeof seq === "number" ? { stream, sequence: seq } : undefined;
  } catch {
    return undefined;
  }
}

export function whatWentWrong(
  request: string,
  subject: string,
  afterMs: number,
  error: unknown,
): RequesterEvent {
  const told = fromClientError(`request to ${subject}`, error);
  if (told instanceof NoResponders) return { type: "no-responders", request, subject };
  if (!(told instanceof NoAnswer)) return { type: "request-failed", request, error: told.message };
  return gaveUp(request, afterMs);
}

export const gaveUp = (request: string, afterMs: number): RequesterEvent => ({
  ...{ type: "timed-out", request, afterMs, whereabouts: "unknown" },
  evidence: "a core request is stored nowhere",
});

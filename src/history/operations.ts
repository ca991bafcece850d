// Operations: the fate of each request's publish, which is stored, failed or unknown.
import type { HistoryEvent } from "./event.js";
import type { EventOf } from "./select.js";

/**
 * stored: a PubAck came. failed: it was certainly not stored (the server refused it, or it was never sent). unknown:
 * no PubAck, and nothing that rules out that the stream has it, so that it may be executed, or be absent for ever. As in
 * Jepsen, an operation that timed out may have happened, and may happen later (aphyr, "Jepsen: ok, fail, info").
 */
export type Fate = "stored" | "failed" | "unknown";

export interface Invocation {
  request: string;
  /** The first requester that sent it. */
  requester: string;
  fate: Fate;
  /** Its place in the request stream, as the PubAck or else a delivery tells it. */
  sequence?: number;
  /** Each time that it was sent under this id, in order; empty where it was published by hand. */
  sent: EventOf<"requested">[];
  /** The laboratory published it, in the place of another client. */
  byHand?: true;
}

const introducing = ["requested", "published-request", "stored", "puback-received", "request-failed", "no-responders"];

/** By request id, in the order in which they were first sent. For a request that is sent again, one PubAck is enough. */
export function invocations(history: readonly HistoryEvent[]): Map<string, Invocation> {
  const found = new Map<string, Invocation>();
  const failures = new Map<string, number>();
  for (const event of history) {
    if (!("request" in event)) continue;
    const { request, actor: requester } = event;
    if (!found.has(request) && introducing.includes(event.type)) {
      found.set(request, { request, requester, fate: "unknown", sent: [] });
    }
    const known = found.get(request);
    if (known) learn(known, event, failures);
  }
  return found;
}

function learn(known: Invocation, event: HistoryEvent, failures: Map<string, number>): void {
  if (event.type === "requested") known.sent.push(event);
  if (event.type === "published-request") known.byHand = true;
  if (event.type === "stored" || event.type === "puback-received" || event.type === "published-request") {
    known.fate = "stored";
    known.sequence = event.sequence;
  }
  if (event.type === "delivered") known.sequence ??= event.sequence;
  if ((event.type === "request-failed" && !event.open) || event.type === "no-responders") {
    failures.set(known.request, (failures.get(known.request) ?? 0) + 1);
  }
  if (known.fate === "stored") return;
  // One attempt that may have come through leaves it open.
  const failed = failures.get(known.request) ?? 0;
  known.fate = failed > 0 && failed >= known.sent.length ? "failed" : "unknown";
}

export function ofFate(known: ReadonlyMap<string, Invocation>, fate: Fate): string[] {
  return [...known.values()].filter((one) => one.fate === fate).map((one) => one.request);
}

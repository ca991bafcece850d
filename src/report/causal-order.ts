// Puts causes before their effects. A process notes that it has stored something when the PubAck reaches it; whoever reads it
// may have noted that already, microseconds earlier. A picture must not show a reply that arrives before it is sent.
import type { EventType, HistoryEvent } from "../history/event.js";

/** What of the same request has to come first: any one of these. */
const causes: { [T in EventType]?: EventType[] } = {
  delivered: ["stored", "published-request"],
  received: ["replied", "ending-stored"],
  collected: ["replied", "ending-stored"],
  "orphaned-reply": ["replied", "ending-stored"],
  "part-received": ["part-replied"],
  "part-collected": ["part-replied"],
};

/** The same events. Where an effect comes before its only cause, the cause is moved up to it; all else stays. */
export function causalOrder(events: readonly HistoryEvent[]): HistoryEvent[] {
  const upcoming = new Map<string, HistoryEvent>();
  for (const event of events) {
    const key = keyOf(event, event.type);
    if (key !== undefined && !upcoming.has(key)) upcoming.set(key, event);
  }
  const done = new Set<HistoryEvent>();
  return events.flatMap((event) => {
    if (done.has(event)) return [];
    const before = (causes[event.type] ?? []).flatMap((type) => upcoming.get(keyOf(event, type) ?? "") ?? []);
    const moved = before.some((cause) => done.has(cause)) ? [] : before.slice(0, 1);
    for (const one of [...moved, event]) done.add(one);
    return [...moved, event];
  });
}

/** Of several replies each part has its own cause. */
const keyOf = (event: HistoryEvent, type: EventType) =>
  "request" in event ? `${type} ${event.request} ${"part" in event ? event.part : ""}` : undefined;

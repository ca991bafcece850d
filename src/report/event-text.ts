// Event table: how each event type is shown in the story, the diagrams, the live view and `jsrr respond`.
import { count } from "../common/plural.js";
import type { EventBody, EventType, HistoryEvent } from "../history/event.js";
import { isOpen } from "../history/outcome.js";
import type { RequestOutcome } from "../history/result.js";
import type { ResponderEvent } from "../protocol/events.js";
import type { EventEntry, EventTable, LiveSign, MermaidMark, Shape, StoryText } from "./events/entry.js";
import { requesterEvents } from "./events/requester.js";
import { responderEvents } from "./events/responder.js";
import { runEvents } from "./events/run.js";
import type { MessageRoutes } from "./message-routes.js";
import type { RunNames } from "./run-names.js";

const eventTable: EventTable<EventBody> = { ...requesterEvents, ...responderEvents, ...runEvents };

/** A history of a newer kit may hold a type that is not in the table. */
const entryOf = (event: HistoryEvent) => (eventTable[event.type] ?? {}) as EventEntry<EventType>;

export const storyText = (event: HistoryEvent, names: RunNames): StoryText | undefined =>
  entryOf(event).story?.(event, names);

/** @param text is the event's in the story. @param laneOf finds the lane that a story's mark stands on. */
export function diagramShape(
  event: HistoryEvent,
  routes: MessageRoutes,
  text: StoryText | undefined,
  laneOf: (name: string) => string,
): Shape | undefined {
  const { diagram } = entryOf(event);
  if (diagram === "hidden") return undefined;
  const shape = diagram?.(event, routes);
  if (shape !== undefined || text === undefined) return shape;
  return { from: laneOf(text.lane ?? event.actor), label: text.text, tone: text.tone };
}

export function mermaidMark(
  event: HistoryEvent,
  routes: MessageRoutes,
  /** The event's text in the story, made only if it is needed. */
  story: () => StoryText | undefined,
): MermaidMark | undefined {
  const { mermaid, diagram } = entryOf(event);
  if (mermaid === "hidden") return undefined;
  if (typeof mermaid === "function") return mermaid(event, routes);
  const shape = mermaid === "as diagram" && typeof diagram === "function" && diagram(event, routes);
  if (shape) return { over: shape.from, text: shape.label };
  const text = story();
  return text && { over: text.lane ?? event.actor, text: text.text };
}

export const liveSign = (event: HistoryEvent): LiveSign | undefined => entryOf(event).live;
export const liveSigns: LiveSign[] = Object.values(eventTable).flatMap(({ live }) => live ?? []);

/** Undefined for an event that `jsrr respond` does not print. */
export const respondLine = (event: ResponderEvent): string | undefined =>
  (responderEvents[event.type].respond as ((event: ResponderEvent) => string) | undefined)?.(event);

/** What became of a request, as its row in a list says it: `ok 🍨 after 2 parts`, `timed-out after 1 part`. */
export function outcomeText({ outcome, parts }: Pick<RequestOutcome, "outcome" | "parts">): string {
  return parts === undefined ? outcome : `${outcome} after ${count(parts, "part")}`;
}

/** open: a reply may still come, or the end is unknown. As many as were wanted, or an end mark, are a good end. */
export function outcomeTone(outcome: string): "good" | "open" | "bad" {
  if (/^(ok\b|ended by (maximum|sentinel)$)/.test(outcome)) return "good";
  return isOpen(outcome) || /^ended by (stall|timeout)$/.test(outcome) ? "open" : "bad";
}

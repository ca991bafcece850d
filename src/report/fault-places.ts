// Fault places: which actors, streams or servers a recorded fault was on.
import type { HistoryEvent } from "../history/event.js";
import { serverLane } from "./events/entry.js";

/** The servers of a cluster; empty where there is one server. */
export const nodesOf = (events: readonly HistoryEvent[]): readonly string[] =>
  events.find((event) => event.type === "run-started")?.nodes ?? [];

/** A fault's event, which another version of the kit may have recorded: only `fault` is certain to be there. */
export interface RecordedFault {
  type: "fault-injected" | "fault-healed";
  fault: string;
  on?: string;
  /** What the laboratory did: `freezes bob`. */
  what?: string;
  id?: string | number;
}

/** The event as one of a fault, where it is one. */
export function faultOf(event: HistoryEvent): RecordedFault | undefined {
  const loose = event as unknown as Record<string, unknown>;
  const isFault = loose.type === "fault-injected" || loose.type === "fault-healed";
  if (!isFault || typeof loose.fault !== "string") return undefined;
  return event as unknown as RecordedFault;
}

/** What a fault was on: it says so, or its text names nodes, or an actor or a stream; else it was the server. */
export function placesOf(
  { type, fault, id, on, what = "" }: RecordedFault,
  events: readonly HistoryEvent[],
): readonly string[] {
  if (on !== undefined) return [on];
  if (type === "fault-healed" && what === "") {
    const same = (e: RecordedFault | undefined) =>
      e?.type === "fault-injected" && e.fault === fault && (id === undefined || e.id === id);
    const injected = events.map(faultOf).findLast(same);
    if (injected) return placesOf(injected, events);
  }
  // After a colon stands what the fault spares.
  const words = new Set(what.split(":", 1)[0]?.split(/[^\w-]+/));
  const nodes = nodesOf(events).filter((name) => words.has(name));
  if (nodes.length > 0) return nodes;
  const known = events.flatMap((e) =>
    e.type === "actor-started" ? [e.name] : e.type === "setup-applied" ? e.streams : [],
  );
  return [known.find((name) => words.has(name)) ?? serverLane];
}

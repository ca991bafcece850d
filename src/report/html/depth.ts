// How many messages a stream held over time, derived from what the actors did, and at the end from reading the stream.
import type { HistoryEvent } from "../../history/event.js";
import { serverLane } from "./lanes.js";

export interface DepthPoint {
  /** Microseconds on the run's clock. */
  t: number;
  depth: number;
}

export interface Depth {
  stream: string;
  points: DepthPoint[];
  /** What reading the stream found at the end; it settles what nobody lived to tell. */
  read?: number;
}

const releases = ["acked", "terminated", "removed", "already-answered"];

/**
 * The work queue: a request is in it from its PubAck (or from its first delivery, where that is heard of earlier) until it
 * is acked, terminated or removed. Message TTLs that ran out are not events: only the reading at the end tells of them.
 */
export function requestDepth(events: readonly HistoryEvent[], stream: string): Depth {
  const held = new Set<string>();
  const gone = new Set<string>();
  return follow(events, stream, (event) => {
    if (!("request" in event)) return undefined;
    const isStored = event.type === "stored" && event.stream === stream && !event.duplicate;
    const isTaken = event.type === "delivered" && !event.subject.startsWith("_");
    if ((isStored || isTaken) && !gone.has(event.request)) held.add(event.request);
    if (releases.includes(event.type) || takenBack(event)) {
      held.delete(event.request);
      gone.add(event.request);
    }
    return held.size;
  });
}

/** Replies stay when they are collected: what a stream was given is what it holds. */
export function replyDepth(events: readonly HistoryEvent[], stream: string): Depth {
  const held = new Set<number>();
  return follow(events, stream, (event) => {
    if (event.type !== "replied" && event.type !== "ending-stored") return undefined;
    if (event.stream === stream && event.sequence !== undefined) held.add(event.sequence);
    return held.size;
  });
}

/** The streams that replies were stored in. */
export function replyStreams(events: readonly HistoryEvent[]): string[] {
  const named = events.flatMap((event) =>
    event.type === "replied" || event.type === "ending-stored" || event.type === "replies-read"
      ? [event.stream ?? serverLane]
      : [],
  );
  return [...new Set(named)].filter((name) => name !== serverLane);
}

function takenBack(event: HistoryEvent): boolean {
  return (event.type === "timed-out" || event.type === "withdrawn") && event.withdrawn === "removed";
}

function follow(
  events: readonly HistoryEvent[],
  stream: string,
  depthAfter: (event: HistoryEvent) => number | undefined,
): Depth {
  const points: DepthPoint[] = [{ t: events[0]?.t ?? 0, depth: 0 }];
  let read: number | undefined;
  const put = (t: number, depth: number | undefined) => {
    if (depth !== undefined && depth !== points.at(-1)?.depth) points.push({ t, depth });
  };
  for (const event of events) {
    put(event.t, depthAfter(event));
    if (event.type === "requests-read" && event.stream === stream) read = event.requests.length;
    if (event.type === "replies-read" && event.stream === stream) read = event.replies.length;
    if ((event.type === "requests-read" || event.type === "replies-read") && event.stream === stream)
      put(event.t, read);
  }
  return { stream, points, ...(read === undefined ? {} : { read }) };
}

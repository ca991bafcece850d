// How many messages a stream held over time, derived from what the actors did, and at the end from reading the stream.
import type { HistoryEvent } from "../../history/event.js";
import { RepliesHeld, RequestsHeld } from "../stream-contents.js";
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

/** The work queue. */
export function requestDepth(events: readonly HistoryEvent[], stream: string): Depth {
  return follow(events, stream, new RequestsHeld());
}

export function replyDepth(events: readonly HistoryEvent[], stream: string): Depth {
  return follow(events, stream, new RepliesHeld());
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

function follow(
  events: readonly HistoryEvent[],
  stream: string,
  contents: RequestsHeld | RepliesHeld,
): Depth {
  const points: DepthPoint[] = [{ t: events[0]?.t ?? 0, depth: 0 }];
  let read: number | undefined;
  const put = (t: number, depth: number) => {
    if (depth !== points.at(-1)?.depth) points.push({ t, depth });
  };
  for (const event of events) {
    contents.apply(event, stream);
    if (event.type === "requests-read" && event.stream === stream) read = event.requests.length;
    if (event.type === "replies-read" && event.stream === stream && contents instanceof RepliesHeld)
      read = contents.read(event.replies);
    put(event.t, read ?? contents.size);
  }
  return { stream, points, ...(read === undefined ? {} : { read }) };
}

// Diagram model: the lanes, rows and bands of the HTML sequence diagram.
import type { HistoryEvent } from "../../history/event.js";
import type { Run } from "../../history/result.js";
import { diagramShape, storyText } from "../event-text.js";
import { type Shape, serverLane } from "../events/entry.js";
import { requesterEvents } from "../events/requester.js";
import { faultOf, nodesOf, placesOf } from "../fault-places.js";
import { MessageRoutes, requestStreamsOf } from "../message-routes.js";
import { RunNames } from "../run-names.js";
import { plain } from "../text-layout.js";
import type { Path, Paths } from "./request-paths.js";

export interface Diagram {
  /** Left to right. */
  lanes: Lane[];
  rows: Row[];
  bands: Band[];
  /** The run's first moment, microseconds. */
  start: number;
  end: number;
}

/** An event of a drawn request or of an actor, as a shape and in the story's text. */
export interface Row extends Shape {
  event: HistoryEvent;
  /** Milliseconds since the run began. */
  ms: number;
  path?: Path;
  /** The actor or stream that acts. */
  actor: string;
  text: string;
}

export interface Lane {
  id: string;
  kind: (typeof orderOfLanes)[number];
}

/** A time in which something was broken: a fault from injected to healed, an actor from its death to its return. */
export interface Band {
  label: string;
  /** The actor, stream or server that it was on. */
  on: string;
  /** Microseconds on the run's clock. */
  from: number;
  to: number;
  /** absence: an actor was stopped and started again. */
  kind: "fault" | "absence";
}

export function diagramOf(run: Run, paths: Paths, drawn: readonly Path[]): Diagram {
  const { events } = run;
  const lanes = lanesOf(events);
  const start = events[0]?.t ?? 0;
  const routes = new MessageRoutes(events, (event) => plain(paths.of(event)?.name ?? event.request, 40));
  const names = new RunNames((event) => paths.of(event)?.name ?? event.as);
  const isDrawn = new Set(drawn);
  const laneOf = (name: string) => lanes.find(({ id }) => id === name)?.id ?? serverLane;
  const rows: Row[] = [];
  for (const event of events) {
    names.learn(event);
    const path = paths.of(event);
    if ("request" in event && !(path && isDrawn.has(path))) continue;
    const story = storyText(event, names);
    const shape = faultShape(event, events, laneOf) ?? diagramShape(event, routes, story, laneOf);
    // A killed actor stops, too: the kill alone is drawn.
    if (!shape || (event.type === "actor-stopped" && !story)) continue;
    rows.push({
      ...shape,
      // An older history does not name the servers of its cluster.
      from: event.type === "leader-changed" ? laneOf(shape.from) : shape.from,
      event,
      ms: Math.max(0, event.t - start) / 1000,
      path,
      actor: plain(story?.lane ?? event.actor),
      text: story?.text ?? plain(faultOf(event)?.what ?? shape.label),
    });
  }
  const bands = bandsOf(events);
  return { lanes: lanesInUse(lanes, rows, bands), rows, bands, start, end: Math.max(start, events.at(-1)?.t ?? start) };
}

/** A stream that nothing went to only takes room; where nothing happened, all are shown. The nodes of a cluster are always shown. */
function lanesInUse(all: Lane[], rows: readonly Row[], bands: readonly Band[]): Lane[] {
  const used = new Set([...rows.flatMap(({ from, to }) => [from, to]), ...bands.map(({ on }) => on)]);
  const lanes = all.filter(({ id, kind }) => used.has(id) || kind === "node");
  return lanes.length > 0 ? lanes : all;
}

const orderOfLanes = [
  "requester",
  "requests",
  "responder",
  "service",
  "replies",
  "dead-letters",
  "server",
  "node",
] as const;

/** From left to right: requesters, the work queue, responders, what they fill, the server. */
function lanesOf(events: readonly HistoryEvent[]): Lane[] {
  const found = new Map<string, Lane["kind"]>();
  const add = (id: string | undefined, kind: Lane["kind"]) => {
    if (id !== undefined && !found.has(id)) found.set(id, kind);
  };
  const requestStreams = requestStreamsOf(events);
  for (const name of nodesOf(events)) add(name, "node");
  for (const event of events) {
    if (event.type === "actor-started") add(event.name, event.role);
    if (event.type === "setup-applied") for (const name of event.streams) add(name, streamKind(name, requestStreams));
    if ("stream" in event)
      add(
        event.stream,
        event.type === "dead-lettered" ? "dead-letters" : streamKind(event.stream as string, requestStreams),
      );
    if ("request" in event) add(event.actor, event.type in requesterEvents ? "requester" : "responder");
  }
  if (events.some((event) => event.type === "delivered")) add(requestStreams[0], "requests");
  add(serverLane, "server");
  // A fault may be on a node that no other event names.
  for (const band of bandsOf(events)) add(band.on, "server");
  const all = [...found].map(([id, kind]): Lane => ({ id, kind }));
  return all.sort((a, b) => orderOfLanes.indexOf(a.kind) - orderOfLanes.indexOf(b.kind));
}

function streamKind(name: string, requestStreams: readonly string[]): Lane["kind"] {
  if (requestStreams.includes(name)) return "requests";
  return /DEAD/.test(name) ? "dead-letters" : "replies";
}

function faultShape(
  event: HistoryEvent,
  events: readonly HistoryEvent[],
  laneOf: (name: string) => string,
): Shape | undefined {
  const fault = faultOf(event);
  if (!fault) return undefined;
  const from = laneOf(placesOf(fault, events)[0] ?? serverLane);
  if (fault.type === "fault-healed") return { from, label: `${plain(fault.fault)} healed`, tone: "quiet" };
  return { from, label: plain(fault.what ?? fault.fault), tone: "bad" };
}

const outage = ({ name, t }: { name: string; t: number }) => ({ on: name, from: t });

/** What was never healed or never came back lasts to the end of the run. */
export function bandsOf(events: readonly HistoryEvent[]): Band[] {
  const end = events.at(-1)?.t ?? 0;
  const open = new Map<string, Band[]>();
  const bands: Band[] = [];
  let restarting: number | undefined;
  const begin = (key: string, ...begun: Omit<Band, "to">[]) => {
    const lasting = begun.map((band) => ({ ...band, to: end }));
    open.set(key, lasting);
    bands.push(...lasting);
  };
  const finish = (key: string, t: number) => {
    for (const band of open.get(key) ?? []) band.to = t;
    open.delete(key);
  };
  for (const event of events) {
    const fault = faultOf(event);
    if (fault) {
      const key = `fault ${fault.id ?? `${fault.fault} ${fault.on ?? ""}`}`;
      if (fault.type === "fault-healed") finish(key, event.t);
      else {
        const label = plain(fault.what ?? fault.fault);
        begin(
          key,
          ...placesOf(fault, events).map((on): Omit<Band, "to"> => ({ label, on, from: event.t, kind: "fault" })),
        );
      }
    } else if (event.type === "actor-crashed") {
      begin(event.name, { ...outage(event), label: `${plain(event.name)} is dead`, kind: "fault" });
    } else if (event.type === "actor-stopped" && !open.has(event.name)) {
      begin(event.name, { ...outage(event), label: `${plain(event.name)} is away`, kind: "absence" });
    } else if (event.type === "actor-started") finish(event.name, event.t);
    else if (event.type === "step" && event.step === "restart") restarting = event.t;
    else if (event.type === "server-restarted" && event.node === undefined) {
      // Recorded when the server is back; it went down after the step that says so.
      const from = restarting ?? event.t;
      bands.push({ label: "server restarts", on: "server", from, to: event.t, kind: "fault" });
    }
  }
  // An actor that stops at the end of a run is not missing.
  return bands.filter((band) => band.kind === "fault" || band.to < end);
}

// The rows of the sequence diagram: the events of the drawn requests and of everybody's life, each in words and as a move.
import type { HistoryEvent } from "../../history/event.js";
import type { Run } from "../../history/result.js";
import { Cast } from "../cast.js";
import { causalOrder } from "../causal-order.js";
import { inWords, type Words } from "../story-words.js";
import { type Band, bandsOf, faultOf, placeOf } from "./bands.js";
import { faultsFromTheirSteps } from "./fault-times.js";
import { type Lane, lanesOf, serverLane } from "./lanes.js";
import { shown } from "./markup.js";
import { type Move, moveOf, type Stage } from "./moves.js";
import type { Path, Paths } from "./paths.js";

export interface Row extends Move {
  event: HistoryEvent;
  /** Milliseconds since the run began. */
  ms: number;
  path?: Path;
  /** Who acts, and the whole of what it did, as the story tells it. */
  who: string;
  text: string;
}

export interface Scene {
  lanes: Lane[];
  rows: Row[];
  bands: Band[];
  /** The run's first moment, microseconds. */
  start: number;
  end: number;
}

export function sceneOf(run: Run, paths: Paths, drawn: readonly Path[]): Scene {
  const events = faultsFromTheirSteps(run.events);
  const { all, requestStream } = lanesOf(events);
  const start = events[0]?.t ?? 0;
  const stage = stageOf(events, paths, requestStream);
  const cast = new Cast();
  const inPicture = new Set(drawn);
  const rows: Row[] = [];
  for (const event of causalOrder(events)) {
    cast.learn(event);
    const path = paths.of(event);
    if ("request" in event && !(path && inPicture.has(path))) continue;
    const words = inWords(event, cast);
    const move = faultMove(event, all, events) ?? moveOf(event, stage) ?? toldMove(event, words, all);
    // Who was killed has stopped: that is said once.
    if (!move || (event.type === "actor-stopped" && !words)) continue;
    rows.push({
      ...move,
      event,
      ms: Math.max(0, event.t - start) / 1000,
      ...(path ? { path } : {}),
      who: shown(words?.lane ?? event.actor),
      text: words?.text ?? shown(faultOf(event)?.what ?? move.label),
    });
  }
  const bands = bandsOf(events);
  return {
    lanes: lanesInUse(all, rows, bands),
    rows,
    bands,
    start,
    end: Math.max(start, events.at(-1)?.t ?? start),
  };
}

/** A stream that nothing went to only takes room; where nothing happened, all are shown. */
function lanesInUse(all: Lane[], rows: readonly Row[], bands: readonly Band[]): Lane[] {
  const used = new Set([...rows.flatMap(({ from, to }) => [from, to]), ...bands.map(({ on }) => on)]);
  const lanes = all.filter(({ id }) => used.has(id));
  return lanes.length > 0 ? lanes : all;
}

function stageOf(events: readonly HistoryEvent[], paths: Paths, requestStream: string): Stage {
  const pathById = new Map(paths.all.map((path) => [path.request, path]));
  for (const event of events) {
    const path = paths.of(event);
    if (path && "request" in event) pathById.set(event.request, path);
  }
  const holder = new Map<string, string>();
  for (const event of events) {
    const { type } = event;
    const stores = type === "replied" || type === "part-replied" || type === "ending-stored";
    if (stores && !holder.has(event.request)) holder.set(event.request, event.stream ?? event.actor);
  }
  return {
    requestStream,
    name: (request) => shown(pathById.get(request)?.name ?? request, 40),
    isCore: (request) =>
      pathById.get(request)?.strategy === "core" && !request.startsWith(`${requestStream}:`),
    requesterOf: (request) => pathById.get(request)?.requester || undefined,
    repliedIn: (request) => holder.get(request),
  };
}

function faultMove(
  event: HistoryEvent,
  lanes: readonly Lane[],
  events: readonly HistoryEvent[],
): Move | undefined {
  const fault = faultOf(event);
  if (!fault) return undefined;
  const on = placeOf(fault, events);
  const from = lanes.some((lane) => lane.id === on) ? on : serverLane;
  const healed = fault.type === "fault-healed";
  return {
    from,
    label: healed ? `${shown(fault.fault)} healed` : shown(fault.what ?? fault.fault),
    tone: healed ? "quiet" : "bad",
  };
}

/** Also what proves that a fault bit: it is found when the run is over. */
const untold = ["run-started", "setup-applied", "step", "drained", "actor-stopped", "fault-bit"];

/** What the story tells and the diagram has no shape for is a mark with the story's words. */
function toldMove(event: HistoryEvent, words: Words | undefined, lanes: readonly Lane[]): Move | undefined {
  if (!words || untold.includes(event.type)) return undefined;
  const lane = lanes.find(({ id }) => id === (words.lane ?? event.actor));
  return { from: lane?.id ?? serverLane, label: words.text, ...(words.tone ? { tone: words.tone } : {}) };
}

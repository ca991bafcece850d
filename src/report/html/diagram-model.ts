// The rows of the sequence diagram: the events of the drawn requests and of everybody's life, each in words and as a move.
import type { EventType, HistoryEvent } from "../../history/event.js";
import type { Run } from "../../history/result.js";
import { type EventOf, firstReplyWon } from "../../history/select.js";
import { inWordsOfStoryWords as inWords, type Words } from "../event-text.js";
import { Cast } from "../run-names.js";
import { shown } from "./markup.js";
import type { Path, Paths } from "./request-paths.js";

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
    const stores = type === "replied" || type === "part-replied" || type === "status-stored";
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

// What an event looks like in the diagram: an arrow from one lane to another, or a mark on one lane.

interface Move {
  from: string;
  /** The lane that an arrow points to; a mark has none. */
  to?: string;
  label: string;
  tone?: "good" | "bad" | "quiet";
  /** Dashed: an answer of the server, or something taken back. */
  dashed?: boolean;
}

/** What was seen so far, so that an event can be placed. */
interface Stage {
  name(request: string): string;
  requestStream: string;
  /** Requests that go by no stream. */
  isCore(request: string): boolean;
  requesterOf(request: string): string | undefined;
  /** The stream that holds a request's reply. */
  repliedIn(request: string): string | undefined;
}

type Place<T extends EventType> = (event: EventOf<T>, stage: Stage) => Move | undefined;

const order = (subject: string) => shown(subject.slice(subject.lastIndexOf(".") + 1));
const answer = (e: { status: string; payload: string }) => shown(`${e.status} ${e.payload}`.trimEnd());

const part = (e: { part: number }, payload = "") => shown(`part ${e.part} ${payload}`.trimEnd());

const placed: { [T in EventType]?: Place<T> } = {
  requested: (e, s) => ({
    from: e.actor,
    to: s.isCore(e.request) ? serverLane : s.requestStream,
    label: `${order(e.subject)} as ${s.name(e.request)}`,
  }),
  stored: (e) => ({
    from: e.stream,
    to: e.actor,
    label: e.duplicate ? `a duplicate of message ${e.sequence}` : `stored as message ${e.sequence}`,
    tone: "quiet",
    dashed: true,
  }),
  "timed-out": (e, s) => ({
    from: e.actor,
    label: `gives up on ${s.name(e.request)}: ${e.whereabouts}`,
    tone: "bad",
  }),
  received: (e, s) => ({
    ...between(s.repliedIn(e.request), e.actor),
    label: `${answer(e)}${e.late ? ", late" : ""}`,
    tone: e.status === "ok" ? "good" : "bad",
  }),
  "orphaned-reply": (e, s) => ({
    ...between(s.repliedIn(e.request), e.actor),
    label: `${answer(e)}, for no call`,
    tone: "quiet",
  }),
  "turn-awaited": (e, s) => ({
    from: e.actor,
    label: `${s.name(e.request)} waits for its turn`,
    tone: "quiet",
  }),
  "turn-refused": (e, s) => ({
    from: e.actor,
    label: `${s.name(e.request)} is refused: too many outstanding`,
    tone: "bad",
  }),
  "part-received": (e, s) => ({
    ...between(s.isCore(e.request) ? serverLane : s.repliedIn(e.request), e.actor),
    label: part(e, e.payload),
    tone: "good",
  }),
  "part-collected": (e, s) => ({
    ...between(s.repliedIn(e.request), e.actor),
    label: `collects ${part(e, e.payload)}`,
    tone: "good",
  }),
  "replies-ended": (e, s) =>
    e.by === "last"
      ? undefined
      : {
          from: e.actor,
          label: `${s.name(e.request)} ended by ${e.by}`,
          ...(e.by === "missing-part" ? { tone: "bad" } : {}),
        },
  "foreign-reply": (e, s) => ({
    from: e.actor,
    label: `no reply to ${s.name(e.request)}: ${shown(e.reason)}`,
    tone: "bad",
  }),
  "puback-received": (e) => ({ from: e.stream, to: e.actor, label: "a PubAck, no reply", tone: "bad" }),
  "no-responders": (e) => ({ from: serverLane, to: e.actor, label: "no responders", tone: "bad" }),
  collected: (e, s) => ({
    ...between(s.repliedIn(e.request), e.actor),
    label: `collects ${answer(e)}`,
    tone: e.status === "ok" ? "good" : "bad",
  }),
  "not-collected": (e, s) => ({
    from: e.actor,
    label: `finds no reply to ${s.name(e.request)}`,
    tone: "bad",
  }),
  withdrawn: (e, s) => ({ from: e.actor, label: `cancels ${s.name(e.request)}: ${e.withdrawn}` }),
  "status-stored": (e) => ({ from: e.actor, to: e.stream, label: e.status }),
  removed: (e, s) => ({
    from: e.actor,
    to: e.stream,
    label: `deletes ${s.name(e.request)}`,
    tone: "bad",
    dashed: true,
  }),
  "request-failed": (e) => ({ from: e.actor, label: `cannot request: ${shown(e.error)}`, tone: "bad" }),
  delivered: (e, s) => ({
    from: s.isCore(e.request) ? serverLane : s.requestStream,
    to: e.actor,
    label: e.delivery > 1 ? `${s.name(e.request)}, delivery ${e.delivery}` : s.name(e.request),
  }),
  executed: (e, s) => ({ from: e.actor, label: `executes ${s.name(e.request)}` }),
  replied: (e, s) => ({
    ...between(e.actor, e.stream ?? s.requesterOf(e.request)),
    label: e.stream === undefined ? `${answer(e)}, sent` : `${answer(e)}, message ${e.sequence}`,
    tone: e.status === "ok" ? "good" : "bad",
  }),
  "part-replied": (e, s) => ({
    ...between(e.actor, e.stream ?? s.requesterOf(e.request)),
    label: e.stream === undefined ? `${part(e)}, sent` : `${part(e)}, message ${e.sequence}`,
  }),
  "reply-refused": (e, s) => ({
    ...between(s.repliedIn(e.request), e.actor),
    label: firstReplyWon(e) ? "refused: the first reply won" : "no PubAck for its reply",
    tone: "bad",
    dashed: true,
  }),
  acked: (e, s) => ({ from: e.actor, to: s.requestStream, label: "ack", tone: "quiet", dashed: true }),
  terminated: (e, s) => ({
    from: e.actor,
    to: s.requestStream,
    label: `terminates: ${shown(e.reason)}`,
    tone: "bad",
    dashed: true,
  }),
  returned: (e, s) => ({
    from: e.actor,
    to: s.requestStream,
    label: `gives back: ${shown(e.reason)}`,
    tone: "bad",
    dashed: true,
  }),
  "called-off": (e, s) => ({
    from: e.actor,
    label: `${s.name(e.request)} is ${e.status}: ${e.begun ? "stops" : "not begun"}`,
    tone: "bad",
  }),
  "already-answered": (e, s) => ({ from: e.actor, label: `${s.name(e.request)} is answered already` }),
  "dead-lettered": (e) => ({ from: e.actor, to: e.stream, label: shown(e.reason), tone: "bad" }),
  "published-request": (e, s) => ({
    from: e.stream,
    label: `${s.name(e.request)}, by hand${e.duplicate ? ", a duplicate" : ""}`,
  }),
  published: (e) => ({
    from: e.stream ?? e.actor,
    label: `${shown(e.subject)}, by hand${e.refused === undefined ? "" : ", and refused"}`,
    ...(e.refused === undefined ? {} : { tone: "bad" as const }),
  }),
  replayed: (e, s) => ({ from: e.stream, label: `${s.name(e.request)} replayed as message ${e.sequence}` }),
  "actor-started": (e) => ({ from: e.name, label: "starts", tone: "quiet" }),
  "actor-crashed": (e) => ({ from: e.name, label: `killed (${shown(e.signal)})`, tone: "bad" }),
  "actor-stopped": (e) => ({ from: e.name, label: "stops", tone: "quiet" }),
  "server-restarted": () => ({ from: serverLane, label: "is back", tone: "bad" }),
  paused: (e) => ({ from: e.actor, label: "has paused: takes no more", tone: "quiet" }),
  resumed: (e) => ({ from: e.actor, label: "resumes", tone: "quiet" }),
  reconnected: (e) => ({ from: e.actor, label: "reconnects", tone: "quiet" }),
  "requests-read": (e) => ({ from: e.stream, label: `holds ${e.requests.length} at the end`, tone: "quiet" }),
  "replies-read": (e) => ({ from: e.stream, label: `holds ${e.replies.length} at the end`, tone: "quiet" }),
};

/** Undefined for an event that has no place in the picture. */
function moveOf(event: HistoryEvent, stage: Stage): Move | undefined {
  return (placed[event.type] as Place<EventType> | undefined)?.(event, stage);
}

/** An arrow where both ends are known, else a mark on the one that is. */
function between(from: string | undefined, to: string | undefined): Pick<Move, "from" | "to"> {
  if (from === undefined || to === undefined || from === to) return { from: to ?? from ?? serverLane };
  return { from, to };
}

// Who and what takes part in a run, from left to right: requesters, the work queue, responders, what they fill, the server.

export interface Lane {
  id: string;
  kind: "requester" | "requests" | "responder" | "service" | "replies" | "dead-letters" | "server";
}

export const serverLane = "server";
const orderOfLanes: Lane["kind"][] = [
  "requester",
  "requests",
  "responder",
  "service",
  "replies",
  "dead-letters",
  "server",
];

interface Lanes {
  all: Lane[];
  /** Where requests wait; its name is learned from the events. */
  requestStream: string;
}

export function lanesOf(events: readonly HistoryEvent[]): Lanes {
  const found = new Map<string, Lane["kind"]>();
  const add = (id: string | undefined, kind: Lane["kind"]) => {
    if (id !== undefined && !found.has(id)) found.set(id, kind);
  };
  const requestStream = requestStreamOf(events);
  for (const event of events) {
    if (event.type === "actor-started") add(event.name, event.role);
    if (event.type === "setup-applied")
      for (const name of event.streams) add(name, streamKind(name, requestStream));
    if ("stream" in event)
      add(
        event.stream,
        event.type === "dead-lettered" ? "dead-letters" : streamKind(event.stream as string, requestStream),
      );
    if ("request" in event) add(event.actor, asks(event) ? "requester" : "responder");
  }
  if (events.some((event) => event.type === "delivered")) add(requestStream, "requests");
  add(serverLane, "server");
  // A fault may be on a node that nobody else speaks of.
  for (const band of bandsOf(events)) add(band.on, "server");
  const all = [...found].map(([id, kind]): Lane => ({ id, kind }));
  return {
    all: all.sort((a, b) => orderOfLanes.indexOf(a.kind) - orderOfLanes.indexOf(b.kind)),
    requestStream,
  };
}

function requestStreamOf(events: readonly HistoryEvent[]): string {
  for (const event of events) {
    if (event.type === "stored" || event.type === "published-request") return event.stream;
    if (event.type === "requests-read" || event.type === "puback-received") return event.stream;
  }
  return "REQUESTS";
}

function streamKind(name: string, requestStream: string): Lane["kind"] {
  if (name === requestStream) return "requests";
  return /DEAD/.test(name) ? "dead-letters" : "replies";
}

const askers =
  "requested turn-awaited turn-refused orphaned-reply stored timed-out withdrawn status-stored received puback-received no-responders collected not-collected removed request-failed".split(
    " ",
  );
const asks = (event: HistoryEvent) => askers.includes(event.type);

// When something was broken: faults from injected to healed, actors from their death to their return.

export interface Band {
  label: string;
  /** The actor, stream or server that it was on. */
  on: string;
  /** Microseconds on the run's clock. */
  from: number;
  to: number;
  /** A fault was meant; an absence is one who was stopped and came back. */
  kind: "fault" | "absence";
}

/** Events of a fault, from whatever version of the kit recorded them: only `fault` is certain to be there. */
interface FaultEvent {
  type: "fault-injected" | "fault-healed";
  fault: string;
  on?: string;
  /** What the laboratory did: `freezes bob`. */
  what?: string;
  id?: string | number;
}

/** The event as one of a fault, where it is one. */
function faultOf(event: HistoryEvent): FaultEvent | undefined {
  const loose = event as unknown as Record<string, unknown>;
  const isFault = loose.type === "fault-injected" || loose.type === "fault-healed";
  if (!isFault || typeof loose.fault !== "string") return undefined;
  return event as unknown as FaultEvent;
}

/** What a fault was on: it says so, or names somebody that is known; else it was the server. */
function placeOf({ type, fault, on, what = "" }: FaultEvent, events: readonly HistoryEvent[]): string {
  if (on !== undefined) return on;
  if (type === "fault-healed" && what === "") {
    const injected = events.map(faultOf).findLast((e) => e?.type === "fault-injected" && e.fault === fault);
    if (injected) return placeOf(injected, events);
  }
  const words = new Set(what.split(/[^\w-]+/));
  const known = events.flatMap((e) =>
    e.type === "actor-started" ? [e.name] : e.type === "setup-applied" ? e.streams : [],
  );
  return known.find((name) => words.has(name)) ?? "server";
}

/** What was never healed or never came back lasts to the end of the run. */
export function bandsOf(events: readonly HistoryEvent[]): Band[] {
  const end = events.at(-1)?.t ?? 0;
  const open = new Map<string, Band>();
  const bands: Band[] = [];
  let restarting: number | undefined;
  const begin = (key: string, band: Omit<Band, "to">) => {
    const begun = { ...band, to: end };
    open.set(key, begun);
    bands.push(begun);
  };
  const finish = (key: string, t: number) => {
    const band = open.get(key);
    if (band) band.to = t;
    open.delete(key);
  };
  for (const event of events) {
    const fault = faultOf(event);
    if (fault) {
      const on = placeOf(fault, events);
      const key = `fault ${fault.id ?? `${fault.fault} ${fault.on ?? ""}`}`;
      if (fault.type === "fault-healed") finish(key, event.t);
      else begin(key, { label: shown(fault.what ?? fault.fault), on, from: event.t, kind: "fault" });
    } else if (event.type === "actor-crashed") {
      begin(event.name, {
        label: `${shown(event.name)} is dead`,
        on: event.name,
        from: event.t,
        kind: "fault",
      });
    } else if (event.type === "actor-stopped" && !open.has(event.name)) {
      begin(event.name, {
        label: `${shown(event.name)} is away`,
        on: event.name,
        from: event.t,
        kind: "absence",
      });
    } else if (event.type === "actor-started") finish(event.name, event.t);
    else if (event.type === "step" && event.step === "restart") restarting = event.t;
    else if (event.type === "server-restarted") {
      // Recorded when the server is back; it went down after the step that says so.
      const from = restarting ?? event.t;
      bands.push({ label: "server restarts", on: "server", from, to: event.t, kind: "fault" });
    }
  }
  // Who leaves at the end of a run and does not come back is not missing.
  return bands.filter((band) => band.kind === "fault" || band.to < end);
}

// When faults begin. The laboratory notes a fault when it is in place, which takes the death of a server or an election; what
// it does to the others comes before that note. In the picture a fault begins with the step that injects it.

/** The same events, each injected fault moved up behind its step: steps and notes are paired in their order. */
function faultsFromTheirSteps(events: readonly HistoryEvent[]): HistoryEvent[] {
  const steps = events.filter((event) => event.type === "step" && event.step === "inject");
  const notes = events.filter((event) => event.type === "fault-injected");
  const moved = new Map<HistoryEvent, HistoryEvent>();
  const left = new Set<HistoryEvent>();
  notes.forEach((note, i) => {
    const step = steps[i];
    if (!step || step.t > note.t) return;
    moved.set(step, { ...note, t: step.t });
    left.add(note);
  });
  return events.flatMap((event) => {
    const fault = moved.get(event);
    return fault ? [event, fault] : left.has(event) ? [] : [event];
  });
}

// Puts causes before their effects. A process notes that it has stored something when the PubAck reaches it; whoever reads it
// may have noted that already, microseconds earlier. A picture must not show a reply that arrives before it is sent.

/** What of the same request has to come first: any one of these. */
const causes: { [T in EventType]?: EventType[] } = {
  delivered: ["stored", "published-request"],
  received: ["replied", "status-stored"],
  collected: ["replied", "status-stored"],
  "orphaned-reply": ["replied", "status-stored"],
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

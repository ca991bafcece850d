// What an event looks like in the diagram: an arrow from one lane to another, or a mark on one lane.
import type { EventType, HistoryEvent } from "../../history/event.js";
import { type EventOf, firstReplyWon } from "../../history/select.js";
import { serverLane } from "./lanes.js";
import { shown } from "./markup.js";

export interface Move {
  from: string;
  /** The lane that an arrow points to; a mark has none. */
  to?: string;
  label: string;
  tone?: "good" | "bad" | "quiet";
  /** Dashed: an answer of the server, or something taken back. */
  dashed?: boolean;
}

/** What was seen so far, so that an event can be placed. */
export interface Stage {
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
const answer = (e: { ending: string; payload: string }) => shown(`${e.ending} ${e.payload}`.trimEnd());

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
    tone: e.ending === "ok" ? "good" : "bad",
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
    tone: e.ending === "ok" ? "good" : "bad",
  }),
  "not-collected": (e, s) => ({
    from: e.actor,
    label: `finds no reply to ${s.name(e.request)}`,
    tone: "bad",
  }),
  withdrawn: (e, s) => ({ from: e.actor, label: `cancels ${s.name(e.request)}: ${e.withdrawn}` }),
  "ending-stored": (e) => ({ from: e.actor, to: e.stream, label: e.ending }),
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
    tone: e.ending === "ok" ? "good" : "bad",
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
    label: `${s.name(e.request)} is ${e.ending}: ${e.begun ? "stops" : "not begun"}`,
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
export function moveOf(event: HistoryEvent, stage: Stage): Move | undefined {
  return (placed[event.type] as Place<EventType> | undefined)?.(event, stage);
}

/** An arrow where both ends are known, else a mark on the one that is. */
function between(from: string | undefined, to: string | undefined): Pick<Move, "from" | "to"> {
  if (from === undefined || to === undefined || from === to) return { from: to ?? from ?? serverLane };
  return { from, to };
}

// What each event is called in a story for a person. Add an event's words here; one without words is not told.
import type { EventType, HistoryEvent, Withdrawn } from "../history/event.js";
import { count, type EventOf, firstReplyWon } from "../history/select.js";
import type { Cast } from "./cast.js";
import { listed, plain, seconds } from "./text.js";

export type Tone = "good" | "bad" | "quiet";

export interface Words {
  text: string;
  tone?: Tone;
  /** Who or what acts, where that is not the actor who recorded it. */
  lane?: string;
}

type Tell<T extends EventType> = (event: EventOf<T>, cast: Cast) => Words | undefined;

const told: { [T in EventType]?: Tell<T> } = {
  requested: (e, cast) => ({
    text: `requests ${order(e)} as ${cast.name(e)} (${e.strategy}, ${brief(e.timeoutMs)})`,
  }),
  stored: (e, cast) => ({
    lane: e.stream,
    text: e.duplicate
      ? `already holds ${cast.name(e)} as message ${e.sequence}: stores nothing new`
      : `stores ${cast.name(e)} as message ${e.sequence}`,
  }),
  "timed-out": (e, cast) => ({ tone: "bad", text: givesUp(e, cast) }),
  received: (e, cast) => ({
    tone: e.ending === "ok" ? "good" : "bad",
    text: `receives ${cast.name(e)}${e.late ? ", late" : ""}: ${reply(e)}`,
  }),
  "part-received": (e, cast) => ({
    tone: "good",
    text: `receives part ${e.part} of ${cast.name(e)}: ${plain(e.payload)}`,
  }),
  "puback-received": (e, cast) => ({
    tone: "bad",
    text: `asks for ${cast.name(e)} and receives a PubAck instead: message ${e.sequence} of ${plain(e.stream)}`,
  }),
  "no-responders": (e, cast) => ({
    tone: "bad",
    text: `learns that nobody answers ${cast.name(e)}: no responders on ${plain(e.subject)}`,
  }),
  collected: (e, cast) => ({
    tone: e.ending === "ok" ? "good" : "bad",
    text: `collects ${cast.name(e)}: ${reply(e)}`,
  }),
  "not-collected": (e, cast) => ({
    tone: "bad",
    text: `finds no reply to ${cast.name(e)}: ${plain(e.reason)}`,
  }),
  withdrawn: (e, cast) => ({ text: `cancels: ${withdrawal(e, e.withdrawn, cast)}` }),
  "ending-stored": (e, cast) => ({
    text: `stores that ${cast.name(e)} is ${e.ending}, in ${plain(e.stream)} as message ${e.sequence}`,
  }),
  removed: (e, cast) => ({ tone: "bad", text: `deletes ${cast.name(e)} from ${plain(e.stream)}` }),
  "request-failed": (e, cast) => ({ tone: "bad", text: `cannot request ${cast.name(e)}: ${plain(e.error)}` }),

  delivered: (e, cast) => ({
    tone: "quiet",
    text: `is given ${cast.name(e)}${e.delivery > 1 ? ` again (delivery ${e.delivery})` : ""}`,
  }),
  // The first execution goes without saying: the reply tells it.
  executed: (e, cast) => {
    const times = cast.executions(e);
    return times < 2
      ? undefined
      : { tone: "bad", text: `executes ${cast.name(e)} again (execution ${times})` };
  },
  "foreign-reply": (e, cast) => ({
    tone: "bad",
    text: `finds what is no reply in the mailbox of ${cast.name(e)}: ${plain(e.reason)}`,
  }),
  "called-off": (e, cast) => ({
    tone: "bad",
    text: e.begun
      ? `hears that ${cast.name(e)} is ${e.ending}, and its handler stops`
      : `does not begin ${cast.name(e)}: it is ${e.ending}`,
  }),
  replied: (e, cast) => ({ text: `replies ${reply(e)} to ${cast.name(e)}, ${whereTo(e)}` }),
  "part-replied": (e, cast) => ({ tone: "quiet", text: `replies part ${e.part} to ${cast.name(e)}` }),
  "reply-refused": (e, cast) => ({
    text: firstReplyWon(e)
      ? `has its reply to ${cast.name(e)} refused: ${plain(e.reason)}`
      : `does not learn whether its reply to ${cast.name(e)} is stored: ${plain(e.reason)}`,
  }),
  acked: (e, cast) => ({ tone: "quiet", text: `acks ${cast.name(e)}: ${cast.requestStream} lets it go` }),
  terminated: (e, cast) => ({ tone: "bad", text: `terminates ${cast.name(e)}: ${plain(e.reason)}` }),
  "already-answered": (e, cast) => ({ text: `finds ${cast.name(e)} answered already, and lets it go` }),
  "dead-lettered": (e, cast) => ({
    tone: "bad",
    text: `puts ${cast.name(e)} aside as message ${e.sequence} of ${plain(e.stream)}: ${plain(e.reason)}`,
  }),
  returned: (e, cast) => ({ text: `gives ${cast.name(e)} back: ${plain(e.reason)}` }),
  paused: () => ({ tone: "quiet", text: "takes no more requests for a while" }),
  resumed: () => ({ tone: "quiet", text: "takes requests again" }),
  drained: () => ({ tone: "quiet", text: "finishes what it was given, and takes no more" }),

  "run-started": (e) => ({ tone: "quiet", text: `runs ${plain(e.scenario)} on ${plain(e.server)}` }),
  "setup-applied": (e) => ({
    tone: "quiet",
    text: `sets up ${listed(e.streams.map((name) => plain(name))) || "no stream"}`,
  }),
  "actor-started": (e) => ({ lane: e.name, tone: "quiet", text: `starts as a ${e.role}` }),
  "actor-stopped": (e, cast) => stops(e, cast),
  "actor-crashed": (e) => ({ lane: e.name, tone: "bad", text: `is killed (${plain(e.signal)})` }),
  "server-restarted": (e) => ({
    tone: "bad",
    text: `kills the server and starts it again: ${plain(e.server)}`,
  }),
  "server-lame-duck": (e) => ({ tone: "bad", text: `is told that ${plain(e.server)} shuts down soon` }),
  disconnected: () => ({ tone: "bad", text: "loses its connection" }),
  "fault-injected": (e) => ({ tone: "bad", text: plain(e.what) }),
  "fault-healed": (e) => ({ tone: "quiet", text: `heals ${e.fault}` }),
  "fault-bit": (e) => ({ tone: "quiet", text: `saw ${e.fault} bite: ${plain(e.evidence)}` }),
  "leader-changed": (e) => ({ lane: e.stream, text: `is led by ${e.to} now, not by ${e.from}` }),
  "messages-counted": (e) => ({
    lane: e.stream,
    tone: e.after < e.before ? "bad" : "quiet",
    text: `held ${count(e.before, "message")}; ${e.after} can be read now`,
  }),
  reconnected: () => ({ tone: "quiet", text: "is connected again" }),
  "requests-read": (e, cast) => ({ lane: e.stream, text: holds(e.requests, "request", "requests", cast) }),
  "replies-read": (e, cast) => ({
    lane: e.stream,
    text: holds(
      e.replies.map((stored) => stored.request),
      "reply",
      "replies",
      cast,
    ),
  }),
};

/** An event in words; undefined where a person has no use for it. */
export function inWords(event: HistoryEvent, cast: Cast): Words | undefined {
  return (told[event.type] as Tell<EventType> | undefined)?.(event, cast);
}

function order(event: { subject: string }): string {
  return plain(event.subject.slice(event.subject.lastIndexOf(".") + 1));
}

function reply(event: { ending: string; payload: string }): string {
  return plain(`${event.ending} ${event.payload}`.trimEnd());
}

/** A configured duration as people write it: `1 s`, `250 ms`. */
function brief(ms: number): string {
  return ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`;
}

function givesUp(event: EventOf<"timed-out">, cast: Cast): string {
  const name = cast.name(event);
  const where = {
    queued: `${name} is queued`,
    running: `${name} is with a responder`,
    stuck: `${name} is stuck: it will not be delivered again`,
    replied: `a reply to ${name} is stored`,
    ended: `${name} has ended`,
    gone: `${name} is gone`,
    unknown: `nobody can tell where ${name} is`,
  }[event.whereabouts];
  const { remaining, afterMs } = event;
  const verb = remaining === 1 ? "remains" : "remain";
  const left =
    remaining === undefined ? "" : `${count(remaining, "message")} ${verb} in ${cast.requestStream}, `;
  const now = event.withdrawn === undefined ? where : withdrawal(event, event.withdrawn, cast);
  return `gives up on ${name} after ${seconds(afterMs)}; ${left}${now}`;
}

function withdrawal(event: { request: string }, withdrawn: Withdrawn, cast: Cast): string {
  const name = cast.name(event);
  return {
    removed: `${name} is taken out of ${cast.requestStream} before anybody got it`,
    "already-running": `${name} is with a responder already, which is told to stop`,
    stuck: `${name} is stuck: it will not be delivered again`,
    "already-answered": `${name} is answered already`,
    unknown: `nobody can tell whether anybody got ${name}`,
  }[withdrawn];
}

function whereTo(event: EventOf<"replied">): string {
  if (event.sequence === undefined) return "sent to its inbox";
  if (event.stream === undefined) return `stored as message ${event.sequence}`;
  return `stored in ${plain(event.stream)} as message ${event.sequence}`;
}

function stops(event: EventOf<"actor-stopped">, cast: Cast): Words | undefined {
  if (event.signal !== null && cast.crashed(event.name)) return undefined;
  if (event.signal !== null)
    return { lane: event.name, tone: "bad", text: `is ended by ${plain(event.signal)}` };
  if (event.code) return { lane: event.name, tone: "bad", text: `stops with exit code ${event.code}` };
  return { lane: event.name, tone: "quiet", text: "stops" };
}

function holds(requests: readonly string[], one: string, many: string, cast: Cast): string {
  if (requests.length === 0) return `holds no ${one} at the end`;
  const names = listed([...new Set(requests.map((request) => cast.name({ request })))]);
  return `holds ${count(requests.length, one, many)} at the end: ${names}`;
}

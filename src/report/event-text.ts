// What each event is called in a story for a person: the words' shape, and what several tellers say alike.

import { count } from "../common/plural.js";
import type { EventType, FaultEvent, HistoryEvent, RunEvent } from "../history/event.js";
import { isOpen } from "../history/outcome.js";
import type { RequestOutcome } from "../history/result.js";
import { type EventOf, firstReplyWon } from "../history/select.js";
import type { CancelOutcome, ConnectionEvent, RequesterEvent, ResponderEvent } from "../protocol/events.js";
import type { Cast } from "./run-names.js";
import { listed, plain, seconds } from "./text-layout.js";

export type Tone = "good" | "bad" | "quiet";

export interface Words {
  text: string;
  tone?: Tone;
  /** Who or what acts, where that is not the actor who recorded it. */
  lane?: string;
}

/** Undefined where a person has no use for the event. */
type Tell<T extends HistoryEvent["type"]> = (event: EventOf<T>, cast: Cast) => Words | undefined;

/** One without words is not told. */
type Table<E extends { type: HistoryEvent["type"] }> = { [T in E["type"]]?: Tell<T> };

function reply(event: { status: string; payload: string }): string {
  return plain(`${event.status} ${event.payload}`.trimEnd());
}

// What a requester does, in words.

const requesterWords: Table<RequesterEvent> = {
  requested: (e, cast) => ({
    text:
      e.timeoutMs === undefined
        ? `sends ${order(e)} as ${cast.name(e)}, and waits for no reply`
        : `requests ${order(e)} as ${cast.name(e)} (${e.strategy}, ${brief(e.timeoutMs)})`,
  }),
  "turn-awaited": (e, cast) => ({
    text: `holds ${cast.name(e)} back until it is its turn; ${e.waiting} waiting`,
  }),
  "turn-refused": (e, cast) => ({
    tone: "bad",
    text: `does not take ${cast.name(e)}: ${plain(e.error.split(";")[0] ?? "")}`,
  }),
  stored: (e, cast) => ({
    lane: e.stream,
    text: e.duplicate
      ? `already holds ${cast.name(e)} as message ${e.sequence}: stores nothing new`
      : `stores ${cast.name(e)} as message ${e.sequence}`,
  }),
  "timed-out": (e, cast) => ({ tone: "bad", text: givesUp(e, cast) }),
  received: (e, cast) => ({
    tone: e.status === "ok" ? "good" : "bad",
    text: `receives ${cast.name(e)}${e.late ? ", late" : ""}: ${reply(e)}`,
  }),
  "orphaned-reply": (e, cast) => ({
    text: `hears a reply to ${cast.name(e)} that no call waits for: ${reply(e)}`,
  }),
  "part-received": (e, cast) => ({
    tone: "good",
    text: `receives part ${e.part} of ${cast.name(e)}: ${plain(e.payload)}`,
  }),
  "part-collected": (e, cast) => ({
    tone: "good",
    text: `collects part ${e.part} of ${cast.name(e)}: ${plain(e.payload)}`,
  }),
  "replies-ended": (e, cast) => takesNoMore(e, cast),
  "puback-received": (e, cast) => ({
    tone: "bad",
    text: `asks for ${cast.name(e)} and receives a PubAck instead: message ${e.sequence} of ${plain(e.stream)}`,
  }),
  "no-responders": (e, cast) => ({
    tone: "bad",
    text: `learns that nobody answers ${cast.name(e)}: no responders on ${plain(e.subject)}`,
  }),
  collected: (e, cast) => ({
    tone: e.status === "ok" ? "good" : "bad",
    text: `collects ${cast.name(e)}: ${reply(e)}`,
  }),
  "not-collected": (e, cast) => ({
    tone: "bad",
    text: `finds no reply to ${cast.name(e)}: ${plain(e.reason)}`,
  }),
  withdrawn: (e, cast) => ({ text: `cancels: ${withdrawal(e, e.withdrawn, cast)}` }),
  "status-stored": (e, cast) => ({
    text: `stores that ${cast.name(e)} is ${e.status}, in ${plain(e.stream)} as message ${e.sequence}`,
  }),
  removed: (e, cast) => ({ tone: "bad", text: `deletes ${cast.name(e)} from ${plain(e.stream)}` }),
  "request-failed": (e, cast) => ({ tone: "bad", text: `cannot request ${cast.name(e)}: ${plain(e.error)}` }),
  "foreign-reply": (e, cast) => ({
    tone: "bad",
    text: `finds what is no reply in the mailbox of ${cast.name(e)}: ${plain(e.reason)}`,
  }),
};

function order(event: { subject: string }): string {
  return plain(event.subject.slice(event.subject.lastIndexOf(".") + 1));
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

/** That the last one ended them is told by the last one. */
function takesNoMore(event: EventOf<"replies-ended">, cast: Cast): Words | undefined {
  if (event.by === "last") return undefined;
  const why = {
    "missing-part": "the next part is nowhere to be had",
    maximum: "it wanted no more",
    sentinel: "the end mark came",
    stall: "the next one did not come soon enough",
    timeout: "the time is over",
  }[event.by];
  const bad = event.by === "missing-part" ? { tone: "bad" as const } : {};
  return { ...bad, text: `takes no more of ${cast.name(event)} after ${count(event.parts, "part")}: ${why}` };
}

function withdrawal(event: { request: string }, withdrawn: CancelOutcome, cast: Cast): string {
  const name = cast.name(event);
  return {
    removed: `${name} is taken out of ${cast.requestStream} before anybody got it`,
    "already-running": `${name} is with a responder already, which is told to stop`,
    stuck: `${name} is stuck: it will not be delivered again`,
    "already-answered": `${name} is answered already`,
    unknown: `nobody can tell whether anybody got ${name}`,
  }[withdrawn];
}

// What a responder does, in words.

const responderWords: Table<ResponderEvent> = {
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
  "called-off": (e, cast) => ({
    tone: "bad",
    text: e.begun
      ? `hears that ${cast.name(e)} is ${e.status}, and its handler stops`
      : `does not begin ${cast.name(e)}: it is ${e.status}`,
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
};

function whereTo(event: EventOf<"replied">): string {
  if (event.sequence === undefined) return "sent to its inbox";
  if (event.stream === undefined) return `stored as message ${event.sequence}`;
  return `stored in ${plain(event.stream)} as message ${event.sequence}`;
}

// What the laboratory does and sees, in words: actors, servers, faults, and what the streams hold at the end.

const runWords: Table<RunEvent | ConnectionEvent | FaultEvent> = {
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
  replayed: (e, cast) => ({
    text: `replays ${cast.name(e)}: it is message ${e.sequence} of ${plain(e.stream)} now, and may be answered once more`,
  }),
  "published-request": (e, cast) => ({
    text:
      `publishes ${cast.name(e)} by hand on ${plain(e.subject)}: ` +
      `${e.duplicate ? "a duplicate of " : ""}message ${e.sequence} of ${plain(e.stream)}`,
  }),
  published: (e) => published(e),
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
  "message-held-back": ({ between: [a, b], heldMs }) => ({
    tone: "quiet",
    text: `sees the link between ${a} and ${b} hold back a message for ${heldMs} ms`,
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

function published({ subject, stream, sequence, refused }: EventOf<"published">): Words {
  const to = plain(subject);
  if (refused !== undefined)
    return { tone: "bad", text: `publishes to ${to} by hand, and is refused: ${plain(refused)}` };
  const where = stream === undefined ? "" : `: message ${sequence} of ${plain(stream)}`;
  return { text: `publishes to ${to} by hand${where}` };
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

// What each event is called in a story for a person. An event's words are in words/, with who it is of; one without words
// is not told.

const told: Table<HistoryEvent> = { ...requesterWords, ...responderWords, ...runWords };

/** An event in words; undefined where a person has no use for it. */
export function inWordsOfStoryWords(event: HistoryEvent, cast: Cast): Words | undefined {
  return (told[event.type] as Tell<EventType> | undefined)?.(event, cast);
}

// What became of a request, as its row in a list says it: with the parts of several replies, and how good that is.

/** `ok 🍨 after 2 parts`, `timed-out after 1 part`. */
export function outcomeText({ outcome, parts }: Pick<RequestOutcome, "outcome" | "parts">): string {
  return parts === undefined ? outcome : `${outcome} after ${count(parts, "part")}`;
}

/** open: it may still come, or nobody can tell. As many as were wanted, or an end mark, are a good end. */
export function outcomeTone(outcome: string): "good" | "open" | "bad" {
  if (/^(ok\b|ended by (maximum|sentinel)$)/.test(outcome)) return "good";
  return isOpen(outcome) || /^ended by (stall|timeout)$/.test(outcome) ? "open" : "bad";
}

// What `jsrr respond` prints of what its responder does.

/** Undefined for what goes without saying. */
export function inWords(event: ResponderEvent): string | undefined {
  switch (event.type) {
    case "delivered": {
      const again = event.delivery > 1 ? `, delivery ${event.delivery}` : "";
      return `${event.request}  ${event.subject}, message ${event.sequence}${again}`;
    }
    case "replied": {
      const where =
        event.sequence === undefined
          ? `sent to ${event.to}`
          : `stored as message ${event.sequence} of REPLIES`;
      return `${event.request}  ${event.status} ${event.payload}, ${where}`;
    }
    case "terminated":
      return `${event.request}  terminated: ${event.reason}`;
    case "already-answered":
      return `${event.request}  answered already (${event.status})`;
    case "dead-lettered":
      return `${event.request}  dead letter: message ${event.sequence} of ${event.stream}: ${event.reason}`;
    case "called-off":
      return `${event.request}  ${event.status}: ${event.begun ? "its handler stops" : "not begun"}`;
    case "returned":
      return `${event.request}  given back: ${event.reason}`;
    case "reply-refused":
      return `${event.request}  reply not stored: ${event.reason}`;
    case "drained":
      return "drained";
    default:
      return undefined;
  }
}

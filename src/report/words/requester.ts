// What a requester does, in words.
import type { RequesterEvent, Withdrawn } from "../../history/event.js";
import { count, type EventOf } from "../../history/select.js";
import type { Cast } from "../cast.js";
import { plain, seconds } from "../text.js";
import { reply, type Table, type Words } from "./words.js";

export const requesterWords: Table<RequesterEvent> = {
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
    tone: e.ending === "ok" ? "good" : "bad",
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

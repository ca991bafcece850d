// Requester events: how each is shown.
import { count } from "../../common/plural.js";
import type { EventOf } from "../../history/select.js";
import type { CancelOutcome, RequesterEvent } from "../../protocol/events.js";
import { orderOf, type RunNames } from "../run-names.js";
import { plain, seconds } from "../text-layout.js";
import {
  arrow,
  type EventTable,
  lastToken,
  line,
  mark,
  note,
  partText,
  replyText,
  serverLane,
  statusTone,
} from "./entry.js";

export const requesterEvents: EventTable<RequesterEvent> = {
  requested: {
    story: (e, n) => ({
      text:
        e.timeoutMs === undefined
          ? `sends ${lastToken(e)} as ${n.name(e)}, and waits for no reply`
          : `requests ${lastToken(e)} as ${n.name(e)} (${e.strategy}, ${brief(e.timeoutMs)})`,
    }),
    diagram: (e, r) =>
      arrow(
        e.actor,
        r.isCore(e.request) ? serverLane : r.requestStreamOf(e.request),
        `${lastToken(e)} as ${r.name(e)}`,
      ),
    // A request that a stream stores is drawn when the stream has it.
    mermaid: (e, r) => {
      if (e.strategy !== "core") return undefined;
      const text = `${plain(e.subject)} as ${r.name(e)}`;
      const to = r.service ?? r.storedIn.get(e.request);
      return to === undefined ? note(e.actor, `requests ${text}`) : line(e.actor, to, text, "request");
    },
    live: { sign: "?", meaning: "requests", tone: "quiet" },
  },
  "turn-awaited": {
    story: (e, n) => ({ text: `holds ${n.name(e)} back until it is its turn; ${e.waiting} waiting` }),
    diagram: (e, r) => mark(e.actor, `${r.name(e)} waits for its turn`, "quiet"),
    mermaid: "as diagram",
  },
  "turn-refused": {
    story: (e, n) => ({ tone: "bad", text: `does not take ${n.name(e)}: ${plain(e.error.split(";")[0] ?? "")}` }),
    diagram: (e, r) => mark(e.actor, `${r.name(e)} is refused: too many outstanding`, "bad"),
    mermaid: "as diagram",
  },
  // The load's size stands beside its first and last request.
  "load-started": {},
  stored: {
    story: (e, n) => ({
      lane: e.stream,
      text: e.duplicate
        ? `already holds ${n.name(e)} as message ${e.sequence}: stores nothing new`
        : `stores ${n.name(e)} as message ${e.sequence}`,
    }),
    diagram: (e) => {
      const text = e.duplicate ? `a duplicate of message ${e.sequence}` : `stored as message ${e.sequence}`;
      return arrow(e.stream, e.actor, text, "quiet", "dashed");
    },
    mermaid: (e, r) => {
      const request = r.requested(e.request);
      const order = request === undefined ? "" : `${orderOf(request)} as `;
      const text = e.duplicate ? `${r.name(e)} again: stored before` : `${order}${r.name(e)}`;
      return line(e.actor, e.stream, text, "request");
    },
  },
  "timed-out": {
    story: (e, n) => ({ tone: "bad", text: givesUp(e, n) }),
    diagram: (e, r) => mark(e.actor, `times out on ${r.name(e)}: ${e.whereabouts}`, "bad"),
    mermaid: (e, r) => note(e.actor, `times out on ${r.name(e)} (${e.status ?? e.whereabouts})`),
    live: { sign: "x", meaning: "times out", tone: "bad" },
  },
  withdrawn: {
    story: (e, n) => ({ text: `cancels: ${withdrawal(e, e.withdrawn, n)}` }),
    diagram: (e, r) => mark(e.actor, `cancels ${r.name(e)}: ${e.withdrawn}`),
    mermaid: "as diagram",
  },
  "status-stored": {
    story: (e, n) => ({
      text: `stores that ${n.name(e)} is ${e.status}, in ${plain(e.stream)} as message ${e.sequence}`,
    }),
    diagram: (e) => arrow(e.actor, e.stream, e.status),
    mermaid: (e, r) => line(e.actor, e.stream, `${r.name(e)}: ${e.status}`, "reply"),
  },
  received: {
    story: (e, n) => ({ tone: statusTone(e), text: `receives ${n.name(e)}${e.late ? ", late" : ""}: ${replyText(e)}` }),
    diagram: (e, r) =>
      arrow(r.repliesFrom(e.request), e.actor, `${replyText(e)}${e.late ? ", late" : ""}`, statusTone(e)),
    mermaid: (e, r) => {
      const from = r.replyStream(e.request) ?? (r.isCore(e.request) ? r.service : undefined);
      return from === undefined ? undefined : line(from, e.actor, `${r.name(e)}: ${replyText(e, 40)}`, "reply");
    },
    live: { sign: "<", meaning: "receives", tone: "good" },
  },
  "orphaned-reply": {
    story: (e, n) => ({ text: `receives a reply to ${n.name(e)} that no call waits for: ${replyText(e)}` }),
    diagram: (e, r) => arrow(r.repliesFrom(e.request), e.actor, `${replyText(e)}, for no call`, "quiet"),
    mermaid: (e, r) => {
      const text = `${r.name(e)}: ${replyText(e, 40)}, for no call`;
      const stream = r.replyStream(e.request);
      return stream === undefined ? note(e.actor, text) : line(stream, e.actor, text, "reply");
    },
  },
  "foreign-reply": {
    story: (e, n) => ({
      tone: "bad",
      text: `finds what is no reply in the mailbox of ${n.name(e)}: ${plain(e.reason)}`,
    }),
    diagram: (e, r) => mark(e.actor, `no reply to ${r.name(e)}: ${plain(e.reason)}`, "bad"),
  },
  "part-received": {
    story: (e, n) => ({ tone: "good", text: `receives part ${e.part} of ${n.name(e)}: ${plain(e.payload)}` }),
    diagram: (e, r) => arrow(r.isCore(e.request) ? serverLane : r.repliesFrom(e.request), e.actor, partText(e), "good"),
    mermaid: (e, r) => {
      const text = `${r.name(e)}: ${partText(e, 40)}`;
      const core = r.isCore(e.request);
      const from = core ? r.service : r.replyStream(e.request);
      if (from !== undefined) return line(from, e.actor, text, "reply");
      // A part to an inbox was drawn when it was sent.
      return core ? note(e.actor, `receives ${text}`) : undefined;
    },
  },
  "part-collected": {
    story: (e, n) => ({ tone: "good", text: `collects part ${e.part} of ${n.name(e)}: ${plain(e.payload)}` }),
    diagram: (e, r) => arrow(r.repliesFrom(e.request), e.actor, `collects ${partText(e)}`, "good"),
    mermaid: (e, r) => {
      const text = `collected: ${r.name(e)}: ${partText(e, 40)}`;
      return line(r.replyStream(e.request) ?? "REPLIES", e.actor, text, "reply");
    },
  },
  "replies-ended": {
    story: (e, n) => {
      // The last reply has a line of its own.
      if (e.by === "last") return undefined;
      const text = `reads no more of ${n.name(e)} after ${count(e.parts, "part")}: ${repliesEndText[e.by]}`;
      return { text, tone: e.by === "missing-part" ? "bad" : undefined };
    },
    diagram: (e, r) =>
      e.by === "last"
        ? undefined
        : mark(e.actor, `${r.name(e)} ended by ${e.by}`, e.by === "missing-part" ? "bad" : undefined),
  },
  "puback-received": {
    story: (e, n) => ({
      tone: "bad",
      text: `asks for ${n.name(e)} and receives a PubAck instead: message ${e.sequence} of ${plain(e.stream)}`,
    }),
    diagram: (e) => arrow(e.stream, e.actor, "a PubAck, no reply", "bad"),
    mermaid: (e, r) => line(e.stream, e.actor, `a PubAck, and no reply, to ${r.name(e)}`, "reply"),
  },
  "no-responders": {
    story: (e, n) => ({ tone: "bad", text: `gets no answer to ${n.name(e)}: no responders on ${plain(e.subject)}` }),
    diagram: (e) => arrow(serverLane, e.actor, "no responders", "bad"),
  },
  collected: {
    story: (e, n) => ({ tone: statusTone(e), text: `collects ${n.name(e)}: ${replyText(e)}` }),
    diagram: (e, r) => arrow(r.repliesFrom(e.request), e.actor, `collects ${replyText(e)}`, statusTone(e)),
    mermaid: (e, r) => {
      const text = `collected: ${r.name(e)}: ${replyText(e, 40)}`;
      return line(r.replyStream(e.request) ?? "REPLIES", e.actor, text, "reply");
    },
    live: { sign: "c", meaning: "collects", tone: "good" },
  },
  "not-collected": {
    story: (e, n) => ({ tone: "bad", text: `finds no reply to ${n.name(e)}: ${plain(e.reason)}` }),
    diagram: (e, r) => mark(e.actor, `finds no reply to ${r.name(e)}`, "bad"),
  },
  removed: {
    story: (e, n) => ({ tone: "bad", text: `deletes ${n.name(e)} from ${plain(e.stream)}` }),
    diagram: (e, r) => arrow(e.actor, e.stream, `deletes ${r.name(e)}`, "bad", "dashed"),
  },
  "request-failed": {
    story: (e, n) => ({ tone: "bad", text: `cannot request ${n.name(e)}: ${plain(e.error)}` }),
    diagram: (e) => mark(e.actor, `cannot request: ${plain(e.error)}`, "bad"),
  },
};

/** A configured duration as people write it: `1 s`, `250 ms`. */
const brief = (ms: number) => (ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`);

function givesUp(event: EventOf<"timed-out">, names: RunNames): string {
  const name = names.name(event);
  const { remaining, afterMs, withdrawn } = event;
  const verb = remaining === 1 ? "remains" : "remain";
  const left =
    remaining === undefined ? "" : `${count(remaining, "message")} ${verb} in ${names.requestStreamOf(event)}, `;
  const now = withdrawn === undefined ? whereabouts(name)[event.whereabouts] : withdrawal(event, withdrawn, names);
  return `times out on ${name} after ${seconds(afterMs)}; ${left}${now}`;
}

const whereabouts = (name: string): Record<EventOf<"timed-out">["whereabouts"], string> => ({
  scheduled: `${name} is scheduled`,
  queued: `${name} is queued`,
  running: `${name} is with a responder`,
  stuck: `${name} is stuck: it will not be delivered again`,
  replied: `a reply to ${name} is stored`,
  ended: `${name} has ended`,
  gone: `${name} is gone`,
  unknown: `it is unknown where ${name} is`,
});

function withdrawal(event: { request: string }, withdrawn: CancelOutcome, names: RunNames): string {
  const name = names.name(event);
  return {
    removed: `${name} is removed from ${names.requestStreamOf(event)} before its first delivery`,
    "already-running": `${name} is with a responder already, which is asked to stop`,
    stuck: `${name} is stuck: it will not be delivered again`,
    "already-answered": `${name} is answered already`,
    unknown: `it is unknown whether ${name} was delivered`,
  }[withdrawn];
}

const repliesEndText: Record<Exclude<EventOf<"replies-ended">["by"], "last">, string> = {
  "missing-part": "the next part is missing",
  maximum: "its maximum is reached",
  sentinel: "the end mark came",
  stall: "the next one did not come soon enough",
  timeout: "the time is over",
};

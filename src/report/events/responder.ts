// Responder events: how each is shown.
import { count } from "../../common/plural.js";
import { type EventOf, firstReplyWon } from "../../history/select.js";
import type { ResponderEvent } from "../../protocol/events.js";
import { plain } from "../text-layout.js";
import { arrow, type EventTable, line, mark, note, partText, replyText, serverLane, statusTone } from "./entry.js";

export const responderEvents: EventTable<ResponderEvent> = {
  delivered: {
    story: (e, n) => ({
      tone: "quiet",
      text: `pulls ${n.name(e)}${e.delivery > 1 ? ` again (delivery ${e.delivery})` : ""}`,
    }),
    diagram: (e, r) =>
      arrow(
        r.isCore(e.request) ? serverLane : r.requestStreamOf(e.request),
        e.actor,
        e.delivery > 1 ? `${r.name(e)}, delivery ${e.delivery}` : r.name(e),
      ),
    mermaid: (e, r) => {
      const again = e.delivery > 1 ? ` (delivery ${e.delivery})` : "";
      return line(r.requestStreamOf(e.request), e.actor, `${r.name(e)}${again}`, "request");
    },
    live: { sign: ">", meaning: "pulls", tone: "quiet" },
    respond: (e) => {
      const again = e.delivery > 1 ? `, delivery ${e.delivery}` : "";
      return `${e.request}  ${e.subject}, message ${e.sequence}${again}`;
    },
  },
  executed: {
    story: (e, n) =>
      n.executions(e) < 2
        ? { tone: "quiet", text: `executes ${n.name(e)}` }
        : { tone: "bad", text: `executes ${n.name(e)} again (execution ${n.executions(e)})` },
    diagram: (e, r) => mark(e.actor, `executes ${r.name(e)}`),
  },
  "called-off": {
    story: (e, n) => ({
      tone: "bad",
      text: e.begun
        ? `learns that ${n.name(e)} is ${e.status}, and its handler stops`
        : `does not begin ${n.name(e)}: it is ${e.status}`,
    }),
    diagram: (e, r) => mark(e.actor, `${r.name(e)} is ${e.status}: ${e.begun ? "stops" : "not begun"}`, "bad"),
    respond: (e) => `${e.request}  ${e.status}: ${e.begun ? "its handler stops" : "not begun"}`,
  },
  replied: {
    story: (e, n) => ({ text: `replies ${replyText(e)} to ${n.name(e)}, ${whereTo(e)}` }),
    diagram: (e, r) =>
      arrow(
        e.actor,
        e.stream ?? r.requesterOf(e.request),
        e.stream === undefined ? `${replyText(e)}, sent` : `${replyText(e)}, message ${e.sequence}`,
        statusTone(e),
      ),
    mermaid: (e, r) => {
      const text = `${r.name(e)}: ${replyText(e, 40)}`;
      if (e.stream !== undefined) return line(e.actor, e.stream, text, "reply");
      const requester = r.requested(e.request)?.actor;
      if (requester === undefined) return note(e.actor, `replies ${text}`);
      return line(e.actor, requester, text, r.wasReceived(e.request) ? "reply" : "lost");
    },
    live: { sign: "^", meaning: "replies", tone: "good" },
    respond: (e) => {
      const where =
        e.sequence === undefined ? `sent to ${e.to}` : `stored as message ${e.sequence} of ${e.stream ?? "REPLIES"}`;
      return `${e.request}  ${e.status} ${e.payload}, ${where}`;
    },
  },
  "part-replied": {
    story: (e, n) => ({ tone: "quiet", text: `replies part ${e.part} to ${n.name(e)}` }),
    diagram: (e, r) =>
      arrow(
        e.actor,
        e.stream ?? r.requesterOf(e.request),
        e.stream === undefined ? `${partText(e)}, sent` : `${partText(e)}, message ${e.sequence}`,
      ),
    mermaid: (e, r) => {
      const to = e.stream ?? r.requested(e.request)?.actor;
      const text = `${r.name(e)}: ${partText(e)}`;
      if (to === undefined) return note(e.actor, `replies ${text}`);
      const arrives = e.stream !== undefined || r.wasReceived(e.request, e.part);
      return line(e.actor, to, text, arrives ? "reply" : "lost");
    },
  },
  "reply-refused": {
    story: (e, n) => ({
      text: firstReplyWon(e)
        ? `has its reply to ${n.name(e)} refused: ${plain(e.reason)}`
        : `does not learn whether its reply to ${n.name(e)} is stored: ${plain(e.reason)}`,
    }),
    diagram: (e, r) =>
      arrow(
        r.repliesFrom(e.request),
        e.actor,
        firstReplyWon(e) ? "refused: the first reply won" : "no PubAck for its reply",
        "bad",
        "dashed",
      ),
    mermaid: (e, r) => {
      const why = firstReplyWon(e) ? "refused, the first reply stays" : "no PubAck";
      return line(e.actor, r.replyStream(e.request) ?? "REPLIES", `${r.name(e)}: ${why}`, "lost");
    },
    respond: (e) => `${e.request}  reply not stored: ${e.reason}`,
  },
  "not-stored": {
    story: (e, n) => ({ text: `cannot store its reply to ${n.name(e)} yet, and keeps it: ${plain(e.reason)}` }),
    diagram: (e, r) => mark(e.actor, `keeps its reply to ${r.name(e)}: ${plain(e.reason)}`, "bad"),
    respond: (e) => `${e.request}  kept, and stored again later: ${e.reason}`,
  },
  stuck: {
    story: (e, n) => ({ tone: "bad", text: `finds ${n.name(e)} stuck: ${plain(e.reason)}` }),
    diagram: (e, r) => mark(e.actor, `${r.name(e)} is stuck: ${plain(e.reason)}`, "bad"),
    respond: (e) => `${e.request}  stuck: ${e.reason}`,
  },
  acked: {
    story: (e, n) => ({ tone: "quiet", text: `acks ${n.name(e)}: ${n.requestStreamOf(e)} deletes it` }),
    diagram: (e, r) => arrow(e.actor, r.requestStreamOf(e.request), "ack", "quiet", "dashed"),
    mermaid: (e, r) => line(e.actor, r.requestStreamOf(e.request), `ack ${r.name(e)}`, "request"),
  },
  terminated: {
    story: (e, n) => ({ tone: "bad", text: `terminates ${n.name(e)}: ${plain(e.reason)}` }),
    diagram: (e, r) => arrow(e.actor, r.requestStreamOf(e.request), `terminates: ${plain(e.reason)}`, "bad", "dashed"),
    mermaid: (e, r) => line(e.actor, r.requestStreamOf(e.request), `terminate ${r.name(e)}`, "request"),
    respond: (e) => `${e.request}  terminated: ${e.reason}`,
  },
  "already-answered": {
    story: (e, n) => ({ text: `finds ${n.name(e)} answered already, and acks it` }),
    diagram: (e, r) => mark(e.actor, `${r.name(e)} is answered already`),
    respond: (e) => `${e.request}  answered already (${e.status})`,
  },
  "dead-lettered": {
    story: (e, n) => ({
      tone: "bad",
      text: `puts ${n.name(e)} aside as message ${e.sequence} of ${plain(e.stream)}${omitted(e)}: ${plain(e.reason)}`,
    }),
    diagram: (e) => arrow(e.actor, e.stream, plain(e.reason), "bad"),
    mermaid: (e, r) => line(e.actor, e.stream, `${r.name(e)} is put aside`, "request"),
    live: { sign: "d", meaning: "puts aside", tone: "bad" },
    respond: (e) => `${e.request}  dead letter: message ${e.sequence} of ${e.stream}${omitted(e)}: ${e.reason}`,
  },
  returned: {
    story: (e, n) => ({ text: `gives ${n.name(e)} back: ${plain(e.reason)}` }),
    diagram: (e, r) => arrow(e.actor, r.requestStreamOf(e.request), `naks: ${plain(e.reason)}`, "bad", "dashed"),
    mermaid: (e, r) => line(e.actor, r.requestStreamOf(e.request), `give ${r.name(e)} back`, "request"),
    live: { sign: "r", meaning: "naks", tone: "bad" },
    respond: (e) => `${e.request}  nak: ${e.reason}`,
  },
  paused: {
    story: () => ({ tone: "quiet", text: "pauses, and pulls no more requests" }),
    diagram: (e) => mark(e.actor, "has paused", "quiet"),
  },
  resumed: {
    story: () => ({ tone: "quiet", text: "takes requests again" }),
    diagram: (e) => mark(e.actor, "resumes", "quiet"),
  },
  "pull-failed": {
    story: (e) => ({ tone: "bad", text: `cannot pull, and tries again: ${plain(e.error)}` }),
    diagram: (e) => mark(e.actor, `cannot pull: ${plain(e.error)}`, "bad"),
    respond: (e) => `cannot pull requests, and tries again: ${e.error}`,
  },
  "pull-recovered": {
    story: () => ({ text: "pulls requests again" }),
    diagram: (e) => mark(e.actor, "pulls again"),
    respond: () => "pulls requests again",
  },
  drained: {
    story: () => ({ tone: "quiet", text: "drains: finishes its requests and pulls no more" }),
    diagram: "hidden",
    mermaid: "hidden",
    respond: () => "drained",
  },
};

function whereTo(event: EventOf<"replied">): string {
  if (event.sequence === undefined) return "sent to its inbox";
  if (event.stream === undefined) return `stored as message ${event.sequence}`;
  return `stored in ${plain(event.stream)} as message ${event.sequence}`;
}

function omitted({ omittedBytes }: EventOf<"dead-lettered">): string {
  return omittedBytes ? ` (${count(omittedBytes, "byte")} did not fit)` : "";
}

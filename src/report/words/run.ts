// What the laboratory does and sees, in words: actors, servers, faults, and what the streams hold at the end.
import type { ConnectionEvent, RunEvent } from "../../history/event.js";
import type { FaultEvent } from "../../history/fault-event.js";
import { count, type EventOf } from "../../history/select.js";
import type { Cast } from "../cast.js";
import { listed, plain } from "../text.js";
import type { Table, Words } from "./words.js";

export const runWords: Table<RunEvent | ConnectionEvent | FaultEvent> = {
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

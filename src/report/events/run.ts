// Run events: how each event of the laboratory, a connection or the server is shown.
import { count } from "../../common/plural.js";
import type { FaultEvent, RunEvent } from "../../history/event.js";
import type { EventOf } from "../../history/select.js";
import type { ConnectionEvent } from "../../protocol/events.js";
import type { RunNames } from "../run-names.js";
import { listed, plain } from "../text-layout.js";
import { type EventTable, mark, note, type StoryText, serverLane } from "./entry.js";

export const runEvents: EventTable<RunEvent | ConnectionEvent | FaultEvent> = {
  "run-started": {
    story: (e) => ({ tone: "quiet", text: `runs ${plain(e.scenario)} on ${plain(e.server)}` }),
    diagram: "hidden",
    mermaid: "hidden",
  },
  "setup-applied": {
    story: (e) => ({ tone: "quiet", text: `sets up ${listed(e.streams.map((name) => plain(name))) || "no stream"}` }),
    diagram: "hidden",
    mermaid: "hidden",
  },
  step: {},
  "actor-started": {
    story: (e) => ({ lane: e.name, tone: "quiet", text: `starts as a ${e.role}` }),
    diagram: (e) => mark(e.name, "starts", "quiet"),
    mermaid: "as diagram",
  },
  "actor-stopped": { story: stops, diagram: (e) => mark(e.name, "stops", "quiet"), mermaid: "hidden" },
  "actor-crashed": {
    story: (e) => ({ lane: e.name, tone: "bad", text: `is killed (${plain(e.signal)})` }),
    diagram: (e) => mark(e.name, `killed (${plain(e.signal)})`, "bad"),
    live: { sign: "!", meaning: "is killed", tone: "bad" },
  },
  "server-restarted": {
    story: (e) => ({
      tone: "bad",
      text: e.node
        ? `upgrades the server ${plain(e.node)}: it is ${plain(e.server)} now`
        : `kills the server and starts it again: ${plain(e.server)}`,
    }),
    diagram: (e) => (e.node ? mark(e.node, `is ${plain(e.server)} now`) : mark(serverLane, "is back", "bad")),
  },
  "server-lame-duck": { story: (e) => ({ tone: "bad", text: `learns that ${plain(e.server)} shuts down soon` }) },
  disconnected: { story: () => ({ tone: "bad", text: "loses its connection" }) },
  reconnected: {
    story: () => ({ tone: "quiet", text: "is connected again" }),
    diagram: (e) => mark(e.actor, "reconnects", "quiet"),
    mermaid: "hidden",
  },
  advisory: {},
  // The story has it from the first source.
  reported: { diagram: "hidden", mermaid: "hidden" },
  "setup-changed": {
    story: (e) => ({ tone: "bad", text: `changes its queue: ${plain(e.subject)}` }),
    diagram: (e) => mark(e.actor, "changes its queue", "bad"),
    mermaid: "hidden",
  },
  "record-broken": {
    story: (e) => ({ lane: e.name, tone: "bad", text: `has a broken record: ${plain(e.reason)} (${plain(e.at)})` }),
    diagram: "hidden",
    mermaid: "hidden",
  },
  replayed: {
    story: (e, n) => ({
      text: `replays ${n.name(e)}: it is message ${e.sequence} of ${plain(e.stream)} now, and may be answered once more`,
    }),
    diagram: (e, r) => mark(e.stream, `${r.name(e)} replayed as message ${e.sequence}`),
    mermaid: (e, r) => note(e.stream, `${r.name(e)} is replayed as message ${e.sequence}`),
  },
  "published-request": {
    story: (e, n) => ({
      text: `publishes ${n.name(e)} by hand on ${plain(e.subject)}: ${duplicateOf(e)}message ${e.sequence} of ${plain(e.stream)}`,
    }),
    diagram: (e, r) => mark(e.stream, `${r.name(e)}, by hand${e.duplicate ? ", a duplicate" : ""}`),
    mermaid: (e, r) => note(e.stream, `${r.name(e)} is published by hand, as ${duplicateOf(e)}message ${e.sequence}`),
  },
  published: {
    story: published,
    diagram: (e) =>
      e.refused === undefined
        ? mark(e.stream ?? e.actor, `${plain(e.subject)}, by hand`)
        : mark(e.stream ?? e.actor, `${plain(e.subject)}, by hand, and refused`, "bad"),
    mermaid: (e) => {
      const refused = e.refused === undefined ? "" : ", and refused";
      return note(e.stream ?? e.actor, `${plain(e.subject, 40)} is published by hand${refused}`);
    },
  },
  "fault-injected": { story: (e) => ({ tone: "bad", text: plain(e.what) }) },
  "fault-healed": { story: (e) => ({ tone: "quiet", text: `heals ${e.fault}` }) },
  // The proof is found when the run is over: a diagram has no place for it.
  "fault-bit": {
    story: (e) => ({ tone: "quiet", text: `saw ${e.fault} bite: ${plain(e.evidence)}` }),
    diagram: "hidden",
  },
  "leader-changed": {
    story: (e) => ({ lane: e.stream, text: `is led by ${e.to} now, not by ${e.from}` }),
    diagram: (e) => mark(e.to, `leads ${plain(e.stream)} now`),
    mermaid: (e) => note(e.stream, `is led by ${plain(e.to)} now, not by ${plain(e.from)}`),
  },
  "peers-changed": {
    story: (e) => ({ lane: e.stream, text: `is on ${plain(e.to.join(", "))} now, not on ${plain(e.from.join(", "))}` }),
    diagram: (e) => mark(e.stream, `is on ${plain(e.to.join(", "))} now`),
    mermaid: (e) => note(e.stream, `is on ${plain(e.to.join(", "))} now`),
  },
  "message-held-back": {
    story: ({ between: [a, b], heldMs }) => ({
      tone: "quiet",
      text: `sees the link between ${a} and ${b} hold back a message for ${heldMs} ms`,
    }),
  },
  "messages-counted": {
    story: (e) => ({
      lane: e.stream,
      tone: e.after < e.before ? "bad" : "quiet",
      text: `held ${count(e.before, "message")}; ${e.after} can be read now`,
    }),
  },
  "requests-read": {
    story: (e, n) => ({ lane: e.stream, text: holds(e.requests, "request", "requests", n) }),
    diagram: (e) => mark(e.stream, `holds ${e.requests.length} at the end`, "quiet"),
  },
  "replies-read": {
    story: (e, n) => {
      const requests = e.replies.map(({ request }) => request);
      return { lane: e.stream, text: holds(requests, "reply", "replies", n) };
    },
    diagram: (e) => mark(e.stream, `holds ${e.replies.length} at the end`, "quiet"),
  },
};

function stops({ name, code, signal }: EventOf<"actor-stopped">, names: RunNames): StoryText | undefined {
  if (signal !== null && names.crashed(name)) return undefined;
  if (signal !== null) return { lane: name, tone: "bad", text: `is ended by ${plain(signal)}` };
  if (code) return { lane: name, tone: "bad", text: `stops with exit code ${code}` };
  return { lane: name, tone: "quiet", text: "stops" };
}

const duplicateOf = ({ duplicate }: EventOf<"published-request">) => (duplicate ? "a duplicate of " : "");

function published({ subject, stream, sequence, refused }: EventOf<"published">): StoryText {
  const to = plain(subject);
  if (refused !== undefined)
    return { tone: "bad", text: `publishes to ${to} by hand, and is refused: ${plain(refused)}` };
  const where = stream === undefined ? "" : `: message ${sequence} of ${plain(stream)}`;
  return { text: `publishes to ${to} by hand${where}` };
}

function holds(requests: readonly string[], one: string, many: string, names: RunNames): string {
  if (requests.length === 0) return `holds no ${one} at the end`;
  const listing = listed([...new Set(requests.map((request) => names.name({ request })))]);
  return `holds ${count(requests.length, one, many)} at the end: ${listing}`;
}

// What each event is in a sequence diagram: arrows, notes, or nothing. An event that is not listed becomes a note in the
// story's words.
import type { EventType, HistoryEvent } from "../history/event.js";
import { type EventOf, firstReplyWon } from "../history/select.js";
import type { Cast } from "./cast.js";
import type { Plot } from "./sequence-plot.js";
import { inWords } from "./story-words.js";
import { plain } from "./text.js";

/** `lost`: it was sent, and never arrived. */
export type Mark =
  | { from: string; to: string; text: string; style: "request" | "reply" | "lost" }
  | { over: string; text: string };

type Draw<T extends EventType> = (event: EventOf<T>, cast: Cast, plot: Plot) => Mark[];

const note = (over: string, text: string): Mark[] => [{ over, text }];
const nothing = () => [];

const drawn: { [T in EventType]?: Draw<T> } = {
  "run-started": nothing,
  "setup-applied": nothing,
  step: nothing,
  drained: nothing,
  reconnected: nothing,
  "actor-stopped": nothing,
  "actor-started": (e) => note(e.name, "starts"),
  executed: (e, cast) => {
    const times = cast.executions(e);
    return times < 2 ? [] : note(e.actor, `executes ${cast.name(e)} again`);
  },
  // What is stored is drawn when the stream has it.
  requested: (e, cast, plot) => {
    if (e.strategy !== "core") return [];
    const text = `${plain(e.subject)} as ${cast.name(e)}`;
    const to = plot.service ?? plot.storedIn.get(e.request);
    return to === undefined ? note(e.actor, `requests ${text}`) : arrow(e.actor, to, text, "request");
  },
  stored: (e, cast, plot) => {
    const asked = plot.asked.get(e.request);
    const order = asked === undefined ? "" : `${plain(asked.subject.replace(/^requests\./, ""))} as `;
    const text = e.duplicate ? `${cast.name(e)} again: stored before` : `${order}${cast.name(e)}`;
    return arrow(e.actor, e.stream, text, "request");
  },
  "timed-out": (e, cast) => note(e.actor, `gives up on ${cast.name(e)} (${e.ending ?? e.whereabouts})`),
  withdrawn: (e, cast) => note(e.actor, `cancels ${cast.name(e)} (${e.withdrawn})`),
  "puback-received": (e, cast) =>
    arrow(e.stream, e.actor, `a PubAck, and no reply, to ${cast.name(e)}`, "reply"),
  received: (e, cast, plot) => {
    const stream = plot.repliesIn.get(e.request);
    if (stream !== undefined) return arrow(stream, e.actor, answer(e, cast), "reply");
    const service = plot.asked.get(e.request)?.strategy === "core" ? plot.service : undefined;
    return service === undefined ? [] : arrow(service, e.actor, answer(e, cast), "reply");
  },
  collected: (e, cast, plot) =>
    arrow(plot.repliesIn.get(e.request) ?? "REPLIES", e.actor, `collected: ${answer(e, cast)}`, "reply"),
  "turn-awaited": (e, cast) => note(e.actor, `${cast.name(e)} waits for its turn`),
  "turn-refused": (e, cast) => note(e.actor, `${cast.name(e)} is refused: too many outstanding`),
  "orphaned-reply": (e, cast, plot) => {
    const text = `${answer(e, cast)}, for no call`;
    const stream = plot.repliesIn.get(e.request);
    return stream === undefined ? note(e.actor, text) : arrow(stream, e.actor, text, "reply");
  },
  "part-received": (e, cast, plot) => {
    const core = plot.asked.get(e.request)?.strategy === "core";
    const from = core ? plot.service : (plot.partsIn.get(e.request) ?? plot.repliesIn.get(e.request));
    if (from !== undefined) return arrow(from, e.actor, part(e, cast), "reply");
    // To an inbox it was drawn when it was sent.
    return core ? note(e.actor, `receives ${part(e, cast)}`) : [];
  },
  "part-collected": (e, cast, plot) =>
    arrow(plot.partsIn.get(e.request) ?? "REPLIES", e.actor, `collected: ${part(e, cast)}`, "reply"),
  "ending-stored": (e, cast) => arrow(e.actor, e.stream, `${cast.name(e)}: ${e.ending}`, "reply"),
  delivered: (e, cast, plot) => {
    const again = e.delivery > 1 ? ` (delivery ${e.delivery})` : "";
    return arrow(plot.requestStream, e.actor, `${cast.name(e)}${again}`, "request");
  },
  replied: (e, cast, plot) => {
    if (e.stream !== undefined) return arrow(e.actor, e.stream, answer(e, cast), "reply");
    const asked = plot.asked.get(e.request);
    if (asked === undefined) return note(e.actor, `replies ${answer(e, cast)}`);
    const arrived = plot.received.has(e.request);
    return arrow(e.actor, asked.actor, answer(e, cast), arrived ? "reply" : "lost");
  },
  "part-replied": (e, cast, plot) => {
    const to = e.stream ?? plot.asked.get(e.request)?.actor;
    const text = `${cast.name(e)}: part ${e.part}`;
    if (to === undefined) return note(e.actor, `replies ${text}`);
    const lost = e.stream === undefined && !plot.partsReceived.has(`${e.request} ${e.part}`);
    return arrow(e.actor, to, text, lost ? "lost" : "reply");
  },
  "reply-refused": (e, cast, plot) =>
    arrow(
      e.actor,
      plot.repliesIn.get(e.request) ?? "REPLIES",
      `${cast.name(e)}: ${firstReplyWon(e) ? "refused, the first reply stays" : "no PubAck"}`,
      "lost",
    ),
  acked: (e, cast, plot) => arrow(e.actor, plot.requestStream, `ack ${cast.name(e)}`, "request"),
  terminated: (e, cast, plot) => arrow(e.actor, plot.requestStream, `terminate ${cast.name(e)}`, "request"),
  returned: (e, cast, plot) => arrow(e.actor, plot.requestStream, `give ${cast.name(e)} back`, "request"),
  "dead-lettered": (e, cast) => arrow(e.actor, e.stream, `${cast.name(e)} is put aside`, "request"),
  "published-request": (e, cast) =>
    note(
      e.stream,
      `${cast.name(e)} is published by hand, as ${e.duplicate ? "a duplicate of " : ""}message ${e.sequence}`,
    ),
  published: (e) => note(e.stream ?? e.actor, byHand(e)),
  replayed: (e, cast) => note(e.stream, `${cast.name(e)} is replayed as message ${e.sequence}`),
};

export function draw(event: HistoryEvent, cast: Cast, plot: Plot): Mark[] {
  const known = drawn[event.type] as Draw<EventType> | undefined;
  if (known !== undefined) return known(event, cast, plot);
  const words = inWords(event, cast);
  return words === undefined ? [] : note(words.lane ?? event.actor, words.text);
}

const byHand = ({ subject, refused }: EventOf<"published">) =>
  `${plain(subject, 40)} is published by hand${refused === undefined ? "" : ", and refused"}`;

function arrow(from: string, to: string, text: string, style: "request" | "reply" | "lost"): Mark[] {
  return [{ from, to, text, style }];
}

function part(event: { request: string; part: number; payload: string }, cast: Cast): string {
  return `${cast.name(event)}: part ${event.part} ${plain(event.payload, 40)}`.trimEnd();
}

function answer(event: { request: string; ending: string; payload: string }, cast: Cast): string {
  return `${cast.name(event)}: ${plain(`${event.ending} ${event.payload}`.trimEnd(), 40)}`;
}

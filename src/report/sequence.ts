// A run as who sent what to whom: the arrows and notes of a sequence diagram. It holds no times, ids or ports, so that
// the same history always gives the same picture.
import type { EventType, HistoryEvent } from "../history/event.js";
import { type EventOf, firstReplyWon, ofType } from "../history/select.js";
import { inWordsOfStoryWords as inWords } from "./event-text.js";
import { causalOrder } from "./html/diagram-model.js";
import { Cast } from "./run-names.js";
import { plain } from "./text-layout.js";

interface Participant {
  name: string;
  kind: "actor" | "stream";
}

interface Sequence {
  /** Left to right: requesters, streams, responders. Only those that a mark names. */
  participants: Participant[];
  marks: Mark[];
  /** Marks beyond the limit, left out. */
  left: number;
}

/** @param most is how many marks are kept: the first ones. A picture with more cannot be read. */
export function sequenceOf(events: readonly HistoryEvent[], most = 80): Sequence {
  const cast = new Cast();
  const plot = plotOf(events);
  const all = causalOrder(events).flatMap((event) => {
    cast.learn(event);
    return draw(event, cast, plot);
  });
  const told = withoutRepeats(all);
  const marks = told.slice(0, most);
  return { participants: participants(events, marks), marks, left: told.length - marks.length };
}

/** The requests of a load share a name: what comes many times in a row is drawn once. */
function withoutRepeats(marks: readonly Mark[]): Mark[] {
  const runs: { mark: Mark; times: number }[] = [];
  for (const mark of marks) {
    const last = runs.at(-1);
    if (last !== undefined && JSON.stringify(last.mark) === JSON.stringify(mark)) last.times++;
    else runs.push({ mark, times: 1 });
  }
  return runs.map(({ mark, times }) =>
    times === 1 ? mark : { ...mark, text: `${mark.text} (${times} times)` },
  );
}

const ranks = { requester: 0, stream: 1, responder: 2, service: 3, other: 4 };

function participants(events: readonly HistoryEvent[], marks: readonly Mark[]): Participant[] {
  const roles = new Map<string, keyof typeof ranks>(
    ofType(events, "actor-started").map((e) => [e.name, e.role]),
  );
  for (const event of events) {
    if ("stream" in event && event.stream !== undefined) roles.set(event.stream, "stream");
    if (event.type === "setup-applied") for (const stream of event.streams) roles.set(stream, "stream");
  }
  const named = new Set(marks.flatMap((mark) => ("over" in mark ? [mark.over] : [mark.from, mark.to])));
  const rank = (name: string) => ranks[roles.get(name) ?? "other"];
  // Where the stream of requests was named at set-up, it comes first.
  const order = [...roles.keys()];
  const place = (name: string) => order.indexOf(name) + 1 || order.length + 1;
  return [...named]
    .sort((a, b) => rank(a) - rank(b) || place(a) - place(b))
    .map((name) => ({ name, kind: roles.get(name) === "stream" ? "stream" : "actor" }));
}

// What each event is in a sequence diagram: arrows, notes, or nothing. An event that is not listed becomes a note in the
// story's words.

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
  "timed-out": (e, cast) => note(e.actor, `gives up on ${cast.name(e)} (${e.status ?? e.whereabouts})`),
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
  "status-stored": (e, cast) => arrow(e.actor, e.stream, `${cast.name(e)}: ${e.status}`, "reply"),
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

function draw(event: HistoryEvent, cast: Cast, plot: Plot): Mark[] {
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

function answer(event: { request: string; status: string; payload: string }, cast: Cast): string {
  return `${cast.name(event)}: ${plain(`${event.status} ${event.payload}`.trimEnd(), 40)}`;
}

// What has to be known of a whole history before its first arrow can be drawn: where things went, and what arrived.

interface Plot {
  /** Requests, by their ids. */
  asked: Map<string, EventOf<"requested">>;
  /** The streams that stored plain requests by surprise. */
  storedIn: Map<string, string>;
  /** The streams that hold the replies; undefined where a reply went to an inbox. */
  repliesIn: Map<string, string | undefined>;
  received: Set<string>;
  /** The streams that hold the parts of several replies. */
  partsIn: Map<string, string>;
  /** `<request> <part>`. */
  partsReceived: Set<string>;
  /** The stream that requests are delivered from. */
  requestStream: string;
  /** Services record nothing: where there is only one, it is known who answers. */
  service: string | undefined;
}

function plotOf(events: readonly HistoryEvent[]): Plot {
  const plot: Plot = {
    asked: new Map(),
    storedIn: new Map(),
    repliesIn: new Map(),
    received: new Set(),
    partsIn: new Map(),
    partsReceived: new Set(),
    requestStream: "REQUESTS",
    service: undefined,
  };
  const services = new Set<string>();
  for (const event of events) {
    if (event.type === "requested" && !plot.asked.has(event.request)) plot.asked.set(event.request, event);
    if (event.type === "puback-received") plot.storedIn.set(event.request, event.stream);
    if (event.type === "replied" || event.type === "status-stored")
      plot.repliesIn.set(event.request, event.stream);
    if (
      ["stored", "published-request", "puback-received", "requests-read"].includes(event.type) &&
      "stream" in event
    )
      plot.requestStream = event.stream ?? plot.requestStream;
    if (event.type === "received") plot.received.add(event.request);
    if (event.type === "part-received") plot.partsReceived.add(`${event.request} ${event.part}`);
    if (event.type === "part-replied" && event.stream !== undefined)
      plot.partsIn.set(event.request, event.stream);
    if (event.type === "actor-started" && event.role === "service") services.add(event.name);
  }
  if (services.size === 1) plot.service = [...services][0];
  return plot;
}

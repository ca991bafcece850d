// A run as who sent what to whom: the arrows and notes of a sequence diagram. It holds no times, ids or ports, so that
// the same history always gives the same picture.
import type { HistoryEvent } from "../history/event.js";
import { ofType } from "../history/select.js";
import { Cast } from "./cast.js";
import { causalOrder } from "./causal-order.js";
import { draw, type Mark } from "./sequence-marks.js";
import { plotOf } from "./sequence-plot.js";

export type { Mark } from "./sequence-marks.js";

export interface Participant {
  name: string;
  kind: "actor" | "stream";
}

export interface Sequence {
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

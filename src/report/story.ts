// Tells a history as a story, one line for each event worth telling: live as they happen, or afterwards.

import { createColors } from "picocolors";
import type { HistoryEvent } from "../history/event.js";
import { isAsked } from "../history/select.js";
import { inWordsOfStoryWords as inWords, type Tone } from "./event-text.js";
import { Cast } from "./run-names.js";
import { columns, fold, pad, plain, seconds } from "./text-layout.js";

export interface StoryOptions {
  /** Columns; 80 if left out. */
  width?: number;
  color?: boolean;
}

const timeWidth = 8;
const laneWidth = 8;

export class Story {
  readonly #cast = new Cast();
  readonly #crowd = new Crowd();
  readonly #width: number;
  readonly #paint: Record<Tone | "time" | "lane", (text: string) => string>;
  #start: number | undefined;

  constructor({ width = 80, color = false }: StoryOptions = {}) {
    const { bold, dim, green, yellow } = createColors(color);
    this.#width = width;
    this.#paint = { good: green, bad: yellow, quiet: dim, time: dim, lane: bold };
  }

  /** Learns from an event that is not told. */
  pass(event: HistoryEvent): undefined {
    this.#start ??= event.t;
    this.#cast.learn(event);
    this.#crowd.learn(event);
  }

  /** The line for one event, wrapped where it is too wide; undefined for an event not worth telling. */
  line(event: HistoryEvent): string | undefined {
    this.pass(event);
    const words = inWords(event, this.#cast);
    const aside = this.#crowd.aside(event);
    if (words === undefined || aside === undefined) return undefined;

    // Events of several processes may arrive out of order by a little: nothing is told from before the start.
    const time = seconds(Math.max(0, event.t - (this.#start ?? event.t)) / 1000).padStart(timeWidth);
    const lane = pad(plain(words.lane ?? event.actor).slice(0, 2 * laneWidth), laneWidth);
    const indent = columns(`${time}  ${lane} `);
    const paint = words.tone === undefined ? (text: string) => text : this.#paint[words.tone];
    const lines = fold(words.text + aside, this.#width - indent).map(paint);
    return `${this.#paint.time(time)}  ${this.#paint.lane(lane)} ${lines.join(`\n${" ".repeat(indent)}`)}`;
  }
}

/** A whole history as a story. */
export function tell(events: readonly HistoryEvent[], options: StoryOptions = {}): string {
  const story = new Story(options);
  const lines = events.map((event) => story.line(event)).filter((line) => line !== undefined);
  return lines.map((line) => `${line}\n`).join("");
}

/** How much of a long story is told: how it begins, and how it ends. */
const [mostAtFirst, mostAtLast] = [60, 30];

/** A history as a story that somebody will read: of a long one, the middle is left out. */
export function tellBriefly(events: readonly HistoryEvent[], options: StoryOptions = {}): string {
  const [cast, crowd] = [new Cast(), new Crowd()];
  const told = events.filter((event) => {
    cast.learn(event);
    crowd.learn(event);
    return inWords(event, cast) !== undefined && crowd.aside(event) !== undefined;
  });
  const left = told.length - mostAtFirst - mostAtLast;
  if (left <= 1) return tell(events, options);
  const begin = new Set(told.slice(0, mostAtFirst));
  const end = new Set(told.slice(-mostAtLast));
  const story = new Story(options);
  // Setting a line takes far longer than learning from it: only what is shown is set.
  const lines = events.flatMap((event) => {
    const line = begin.has(event) || end.has(event) ? story.line(event) : story.pass(event);
    return line === undefined ? [] : [line];
  });
  lines.splice(mostAtFirst, 0, `${" ".repeat(timeWidth)}  … ${left} more, which the history holds`);
  return lines.map((line) => `${line}\n`).join("");
}

// The requests of a load do the same things many times: told of the first, and again when the last has done it.

interface Load {
  as: string;
  count: number;
  /** How many of its events of each kind there were. */
  seen: Map<string, number>;
}

/** Of several replies each part comes as often as there are requests. */
const kindOf = (event: HistoryEvent) => ("part" in event ? `${event.type} ${event.part}` : event.type);

class Crowd {
  readonly #loads = new Map<string, Load>();
  readonly #loadOf = new Map<string, Load>();

  /** Call it once with each event, in their order. */
  learn(event: HistoryEvent): void {
    if (event.type === "load-started") {
      const before = this.#loads.get(event.as);
      const seen = before?.seen ?? new Map<string, number>();
      this.#loads.set(event.as, { as: event.as, count: event.count + (before?.count ?? 0), seen });
    }
    if (!("request" in event)) return;
    if (isAsked(event)) this.#enlist(event.request, event.as);
    const seen = this.#loadOf.get(event.request)?.seen;
    seen?.set(kindOf(event), (seen.get(kindOf(event)) ?? 0) + 1);
  }

  /** Of an event just learnt: "" to tell it as it is, ` (60 of 60)` to say that it was the last, undefined to pass it over. */
  aside(event: HistoryEvent): string | undefined {
    const load = "request" in event ? this.#loadOf.get(event.request) : undefined;
    if (load === undefined || load.count === 1) return "";
    const n = load.seen.get(kindOf(event)) ?? 0;
    if (n === 1) return ` (first of ${load.count})`;
    return n === load.count ? ` (${n} of ${load.count})` : undefined;
  }

  #enlist(request: string, as: string | undefined): void {
    const load = as === undefined ? undefined : this.#loads.get(as);
    if (load) this.#loadOf.set(request, load);
  }
}

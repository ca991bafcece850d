// What is going on in a run at this moment, folded over its events: who is there, what waits in which stream, what
// happened last. It knows no clock but that of the events.
import type { EventType, HistoryEvent } from "../history/event.js";
import { Cast } from "./cast.js";
import { inWords, type Tone, type Words } from "./story-words.js";
import { RepliesHeld, RequestsHeld } from "./stream-contents.js";
import { plain } from "./text.js";

export interface LiveScenario {
  name: string;
  question: string;
  /** The lines of its timeline's steps, in order. Steps inside of them are a part of theirs. */
  steps: readonly number[];
}

export interface LiveMark {
  /** Milliseconds since the run's first event. */
  ms: number;
  sign: string;
  tone: Tone;
}

export interface Lane {
  name: string;
  /** When it lived, in milliseconds; open where it still does. */
  lives: { from: number; to?: number }[];
  marks: LiveMark[];
}

export interface Queue {
  stream: string;
  /** How many are there now. */
  waiting: number;
  /** The most that ever waited. */
  peak: number;
}

/** What an event is on its actor's lane, and what the legend calls it. */
export const signs: { [T in EventType]?: [sign: string, meaning: string, tone: Tone] } = {
  requested: ["?", "requests", "quiet"],
  delivered: [">", "is given", "quiet"],
  replied: ["^", "replies", "good"],
  received: ["<", "receives", "good"],
  collected: ["c", "collects", "good"],
  "timed-out": ["x", "gives up", "bad"],
  returned: ["r", "gives back", "bad"],
  "dead-lettered": ["d", "puts aside", "bad"],
  "actor-crashed": ["!", "is killed", "bad"],
};

const mostRecent = 5;
/** What is older is on the screen no more than a column wide. */
const mostMarks = 2_000;

export class LiveState {
  readonly scenario: LiveScenario;
  readonly lanes = new Map<string, Lane>();
  readonly requests: Queue = { stream: "REQUESTS", waiting: 0, peak: 0 };
  readonly replies: Queue = { stream: "REPLIES", waiting: 0, peak: 0 };
  readonly #requestsHeld = new RequestsHeld();
  readonly #repliesHeld = new RepliesHeld();
  readonly recent: { ms: number; lane: string; words: Words }[] = [];
  step: { number: number; kind: string; line: number } | undefined;
  /** Of the latest event, in milliseconds since the first. */
  ms = 0;
  readonly #cast = new Cast();
  #start: number | undefined;

  constructor(scenario: LiveScenario) {
    this.scenario = scenario;
  }

  apply(event: HistoryEvent): void {
    this.#start ??= event.t;
    // Events of several processes may arrive out of order by a little.
    const ms = Math.max(0, event.t - this.#start) / 1000;
    this.ms = Math.max(this.ms, ms);
    this.#cast.learn(event);
    if (event.type === "step") {
      const number = this.scenario.steps.filter((line) => line <= event.line).length;
      this.step = { number, kind: event.step, line: event.line };
    }
    this.#live(event, ms);
    this.#queue(event);
    const words = inWords(event, this.#cast);
    if (words === undefined) return;
    this.recent.push({ ms, lane: plain(words.lane ?? event.actor), words });
    if (this.recent.length > mostRecent) this.recent.shift();
  }

  #live(event: HistoryEvent, ms: number): void {
    if (event.type === "actor-started") this.#lane(event.name).lives.push({ from: ms });
    if (event.type === "actor-stopped" || event.type === "actor-crashed") {
      const life = this.#lane(event.name).lives.at(-1);
      if (life && life.to === undefined) life.to = ms;
    }
    const sign = signs[event.type];
    if (sign === undefined) return;
    const { marks } = this.#lane("name" in event ? event.name : event.actor);
    marks.push({ ms, sign: sign[0], tone: sign[2] });
    if (marks.length > mostMarks) marks.shift();
  }

  #lane(name: string): Lane {
    const lane = this.lanes.get(name) ?? { name, lives: [], marks: [] };
    this.lanes.set(name, lane);
    return lane;
  }

  #queue(event: HistoryEvent): void {
    const { requests, replies } = this;
    if (event.type === "stored" || event.type === "published-request") requests.stream = event.stream;
    if (event.type === "replied" || event.type === "ending-stored")
      replies.stream = event.stream ?? replies.stream;
    this.#requestsHeld.apply(event);
    this.#repliesHeld.apply(event);
    // What reading the stream says is what counts.
    if (event.type === "requests-read" && event.stream === requests.stream)
      requests.waiting = event.requests.length;
    else if ("request" in event) holds(requests, this.#requestsHeld.size);
    holds(replies, this.#repliesHeld.size);
  }
}

function holds(queue: Queue, waiting: number): void {
  queue.waiting = waiting;
  queue.peak = Math.max(queue.peak, waiting);
}

// Live view: the state of a running scenario, folded over its events, and its picture in the terminal.
import { createColors } from "picocolors";
import { count } from "../common/plural.js";
import type { HistoryEvent } from "../history/event.js";
import { liveSign, liveSigns, storyText } from "./event-text.js";
import { type LiveSign, type StoryText, serverLane } from "./events/entry.js";
import { faultOf, nodesOf, placesOf } from "./fault-places.js";
import { RunNames } from "./run-names.js";
import { RepliesHeld, RequestsHeld } from "./stream-contents.js";
import { columns, cut, fold, pad, plain, prose, seconds } from "./text-layout.js";

interface LiveScenario {
  name: string;
  question: string;
  /** The lines of its timeline's steps, in order. Steps inside of them are a part of theirs. */
  steps: readonly number[];
  /** How many servers the run starts; 0 on a given one. */
  servers: number;
}

interface Lane {
  name: string;
  /** When it lived, in milliseconds; open where it still does. */
  lives: { from: number; to?: number }[];
  /** `ms`: since the run's first event. */
  marks: (LiveSign & { ms: number })[];
  /** Times in which a fault was on it. */
  faults: { id: string; from: number; to?: number }[];
}

interface Queue {
  stream: string;
  /** The first one that an event named. */
  named?: string;
  waiting: number;
  peak: number;
}

const mostRecent = 5;
/** What is older is on the screen no more than a column wide. */
const mostMarks = 2_000;

export class LiveState {
  readonly scenario: LiveScenario;
  readonly lanes = new Map<string, Lane>();
  /** Of all queues together, if there are several. */
  readonly requests: Queue = { stream: "REQUESTS", waiting: 0, peak: 0 };
  readonly replies: Queue = { stream: "REPLIES", waiting: 0, peak: 0 };
  readonly #requestsHeld = new RequestsHeld();
  readonly #repliesHeld = new RepliesHeld();
  /** How many requests each request stream held at the end. */
  readonly #requestsRead = new Map<string, number>();
  readonly recent: { ms: number; lane: string; story: StoryText }[] = [];
  step: { number: number; kind: string; line: number } | undefined;
  /** Of the latest event, in milliseconds since the first. */
  ms = 0;
  readonly #names = new RunNames();
  /** The events that `placesOf` reads. */
  readonly #parts: HistoryEvent[] = [];
  #start: number | undefined;

  constructor(scenario: LiveScenario) {
    this.scenario = scenario;
  }

  /** Before the first event the servers are started. */
  get hasStarted(): boolean {
    return this.#start !== undefined;
  }

  apply(event: HistoryEvent): void {
    this.#start ??= event.t;
    // Events of several processes may arrive out of order by a little.
    const ms = Math.max(0, event.t - this.#start) / 1000;
    this.ms = Math.max(this.ms, ms);
    this.#names.learn(event);
    if (event.type === "step") {
      const number = this.scenario.steps.filter((line) => line <= event.line).length;
      this.step = { number, kind: event.step, line: event.line };
    }
    this.#live(event, ms);
    this.#queue(event);
    const story = storyText(event, this.#names);
    if (story === undefined) return;
    this.recent.push({ ms, lane: plain(story.lane ?? event.actor), story });
    if (this.recent.length > mostRecent) this.recent.shift();
  }

  #fault(event: HistoryEvent, ms: number): void {
    const isPart = ["run-started", "actor-started", "setup-applied", "fault-injected"].includes(event.type);
    if (isPart) this.#parts.push(event);
    if (event.type === "run-started") for (const name of nodesOf([event])) this.#lane(name).lives.push({ from: ms });
    const fault = faultOf(event);
    if (!fault) return;
    const id = `${fault.id ?? fault.fault}`;
    const streams = this.#parts.flatMap((part) => (part.type === "setup-applied" ? part.streams : []));
    const [first = serverLane] = nodesOf(this.#parts);
    for (const place of placesOf(fault, this.#parts)) {
      const { faults } = this.#lane(streams.includes(place) ? first : place);
      if (fault.type === "fault-injected") faults.push({ id, from: ms });
      else for (const one of faults) if (one.id === id) one.to ??= ms;
    }
  }

  #live(event: HistoryEvent, ms: number): void {
    this.#fault(event, ms);
    if (event.type === "actor-started") this.#lane(event.name).lives.push({ from: ms });
    if (event.type === "actor-stopped" || event.type === "actor-crashed") {
      const life = this.#lane(event.name).lives.at(-1);
      if (life && life.to === undefined) life.to = ms;
    }
    const sign = liveSign(event);
    if (sign === undefined) return;
    const { marks } = this.#lane("name" in event ? event.name : event.actor);
    marks.push({ ms, ...sign });
    if (marks.length > mostMarks) marks.shift();
  }

  #lane(name: string): Lane {
    const lane = this.lanes.get(name) ?? { name, lives: [], marks: [], faults: [] };
    this.lanes.set(name, lane);
    return lane;
  }

  #queue(event: HistoryEvent): void {
    const { requests, replies } = this;
    if (event.type === "stored" || event.type === "published-request") rename(requests, event.stream, "requests");
    if (event.type === "replied" || event.type === "status-stored") rename(replies, event.stream, "replies");
    this.#requestsHeld.apply(event);
    this.#repliesHeld.apply(event);
    // What reading the stream says is what counts.
    if (event.type === "requests-read") {
      this.#requestsRead.set(event.stream, event.requests.length);
      requests.waiting = [...this.#requestsRead.values()].reduce((a, b) => a + b, 0);
    } else if ("request" in event) holds(requests, this.#requestsHeld.size);
    holds(replies, this.#repliesHeld.size);
  }
}

/** A stream of another queue: the bar is of all of them. */
function rename(queue: Queue, stream: string | undefined, all: string): void {
  if (stream === undefined || queue.stream === all) return;
  queue.named ??= stream;
  queue.stream = queue.named === stream ? stream : all;
}

function holds(queue: Queue, waiting: number): void {
  queue.waiting = waiting;
  queue.peak = Math.max(queue.peak, waiting);
}

export interface LiveOptions {
  /** Of the terminal; 80 if left out. No line fills the last one, so that none wraps. */
  columns?: number;
  /** Since the first event; the latest event's if left out. */
  ms?: number;
  color?: boolean;
}

const labelWidth = 9;
/** Of lanes and further lines of the question. */
const mostLanes = 8;
const mostLinesOfQuestion = 3;

/** Its step, its queues, a lane for each actor, and the latest events. Never more than 21 lines: the smallest usual terminal has 24. */
export function liveView(state: LiveState, { ms = state.ms, color = false, ...options }: LiveOptions = {}): string {
  const width = Math.max(40, options.columns ?? 80) - 1;
  const paint = painter(color);
  const question = fold(prose(state.scenario.question), width);
  const shown = question.slice(0, mostLinesOfQuestion);
  if (question.length > shown.length) shown.push(cut(`${shown.pop()} …`, width));
  const lanes = [...state.lanes.values()];
  const most = mostLanes - (shown.length - 1);
  const scale = { span: spanFor(ms), now: ms, cells: width - labelWidth };
  const lines = [
    heading(state, ms, width, paint),
    ...shown.map(paint.quiet),
    "",
    queues([state.requests, state.replies], width, paint),
    "",
    ...lanes.slice(0, most).map((lane) => laneLine(lane, scale, paint)),
    ...(lanes.length > most ? [paint.quiet(`and ${lanes.length - most} more`)] : []),
    paint.quiet(axis(scale)),
    paint.quiet(cut(" ".repeat(labelWidth) + legend(lanes), width)),
    "",
    ...state.recent.map(({ ms: at, lane, story }) => {
      const head = `${seconds(at).padStart(8)}  ${pad(cut(lane, 8), 8)} `;
      const text = cut(story.text, width - columns(head));
      return head + (story.tone === undefined ? text : paint[story.tone](text));
    }),
  ];
  return lines.join("\n");
}

type Paint = Record<LiveSign["tone"] | "bold", (text: string) => string>;

function painter(color: boolean): Paint {
  const { bold, dim, green, yellow } = createColors(color);
  return { bold, good: green, bad: yellow, quiet: dim };
}

function heading({ scenario, step, hasStarted }: LiveState, ms: number, width: number, { bold }: Paint): string {
  const time = seconds(ms);
  const room = width - columns(time) - 2;
  const at =
    step === undefined
      ? hasStarted || scenario.servers === 0
        ? "setting up"
        : `starting ${count(scenario.servers, "server")}`
      : `step ${step.number} of ${scenario.steps.length}: ${step.kind} (line ${step.line})`;
  const name = plain(scenario.name);
  const left = cut(`${name}  ${at}`, room);
  const gap = " ".repeat(width - columns(left) - columns(time));
  return `${bold(left.slice(0, name.length))}${left.slice(name.length)}${gap}${time}`;
}

/** Side by side, each with its name, a bar and its number. */
function queues(all: readonly Queue[], width: number, paint: Paint): string {
  const each = Math.floor((width - 2) / all.length);
  return all.map((queue) => bar(queue, each, paint)).join("  ");
}

/** One block for a message as long as there is room, then in proportion to the most there ever was. */
function bar({ stream, waiting, peak }: Queue, width: number, { bold, quiet }: Paint): string {
  const name = pad(cut(plain(stream), 12), labelWidth - 1);
  const number = String(waiting).padStart(5);
  const room = Math.max(4, width - columns(name) - number.length - 1);
  const share = peak <= room ? waiting : Math.ceil((waiting / peak) * room);
  return `${bold(name)} ${"█".repeat(share)}${quiet("·".repeat(room - share))}${number}`;
}

interface Scale {
  /** Milliseconds from the first cell to the last. */
  span: number;
  now: number;
  cells: number;
}

/** Grows in strides, so that the marks do not creep with every frame. */
function spanFor(ms: number): number {
  let span = 2_000;
  while (span < ms) span *= 2;
  return span;
}

const cellOf = (ms: number, { span, cells }: Scale) => Math.min(cells - 1, Math.floor((ms / span) * cells));

function laneLine({ name, lives, marks, faults }: Lane, scale: Scale, paint: Paint): string {
  const cells: string[] = Array(scale.cells).fill(" ");
  for (const { from, to = scale.now } of lives) {
    cells.fill(paint.quiet("─"), cellOf(from, scale), cellOf(to, scale) + 1);
  }
  for (const { from, to = scale.now } of faults) {
    cells.fill(paint.bad(faultSign), cellOf(from, scale), cellOf(to, scale) + 1);
  }
  const bad = new Set<number>();
  for (const { ms, sign, tone } of marks) {
    const at = cellOf(ms, scale);
    if (bad.has(at) && tone !== "bad") continue; // a loss is not hidden by what came next
    if (tone === "bad") bad.add(at);
    cells[at] = tone === "quiet" ? sign : paint[tone](sign);
  }
  return `${paint.bold(pad(cut(plain(name), labelWidth - 1), labelWidth))}${cells.join("").trimEnd()}`;
}

function axis({ span, cells }: Scale): string {
  const end = `${span / 1000} s`;
  return `${" ".repeat(labelWidth)}0${end.padStart(cells - 1)}`;
}

const faultSign = "▒";

/** Only the signs that are in the picture. */
function legend(lanes: readonly Lane[]): string {
  const shown = new Set(lanes.flatMap((lane) => lane.marks.map(({ sign }) => sign)));
  const signs = liveSigns.filter(({ sign }) => shown.has(sign)).map(({ sign, meaning }) => `${sign} ${meaning}`);
  const isBroken = lanes.some(({ faults }) => faults.length > 0);
  return [...signs, ...(isBroken ? [`${faultSign} has a fault`] : [])].join("  ");
}

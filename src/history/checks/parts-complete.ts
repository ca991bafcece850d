// Parts complete: several replies to one request reach their reader as one sequence. The last reply says how many parts came before it.
import { count } from "../../common/plural.js";
import type { HistoryEvent } from "../event.js";
import { coreRequests, requestIds, storedReplies } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

export const partsComplete: Check = {
  promise:
    "A requester that receives the last of several replies receives every part before it, each part once and in order.",
  violated:
    "The last reply arrived, and a part before it did not. Or a part arrived twice, or before a part with " +
    "a lower number. Each reading is judged alone: that of the waiting requester, and each `collect`. A " +
    "reading that ends early (at its time-out, at its `maximum`, in a crash) may lack parts at its end.",
  inconclusive:
    "No reading reached the last of several replies. A core request has no last reply, because the number of answers is not known.",
  reads: ["replies-read"],
  judge: (history) => {
    const all = readings(history).filter(isOfSeveral);
    const wrong = all.filter((one) => !inOrder(one.numbers) || lacksSome(one));
    const whole = all.filter(({ reachedLast }) => reachedLast);
    if (wrong.length > 0) {
      return violated(
        `${wrong.length} of ${count(all.length, "reading")} with parts missing, twice or out of order`,
        requestIds(wrong),
      );
    }
    if (whole.length === 0) return inconclusive("no requester received the last one of several replies");
    const parts = whole.reduce((sum, { numbers }) => sum + numbers.length, 0);
    const toTheLast = `${count(parts, "part")} in ${count(whole.length, "reading")} to the last reply`;
    return held(`${toTheLast}, each once and in order`);
  },
};

/** The parts of one request that one reader got, in this order. */
interface Reading {
  request: string;
  numbers: number[];
  reachedLast: boolean;
  /** As the last reply says, else as many as a responder had sent by then; undefined where there were none. */
  before?: number | undefined;
}

const isOfSeveral = ({ numbers, reachedLast, before }: Reading) =>
  numbers.length > 0 || (reachedLast && before !== undefined);
const inOrder = (numbers: readonly number[]) => numbers.every((number, i) => number === i + 1);
const lacksSome = ({ numbers, reachedLast, before = 0 }: Reading) => reachedLast && numbers.length < before;

function readings(history: readonly HistoryEvent[]): Reading[] {
  const partsBefore = new Map((storedReplies(history) ?? []).map((reply) => [reply.sequence, reply.parts]));
  const core = coreRequests(history);
  const readers = new Map<string, Reader>();
  const sent = new Map<string, number>();
  for (const event of history) {
    if (event.type === "actor-started") readers.get(event.name)?.leave(); // it was killed in the middle of them
    if (event.type === "part-replied") sent.set(event.request, Math.max(event.part, sent.get(event.request) ?? 0));
    if (!("request" in event) || core.has(event.request)) continue;
    const reader = readers.get(event.actor) ?? new Reader(partsBefore);
    readers.set(event.actor, reader.apply(event, sent.get(event.request)));
  }
  return [...readers.values()].flatMap(({ all }) => all);
}

/** One actor. Each request that it sends again and each `collect` begins a new reading. */
class Reader {
  readonly all: Reading[] = [];
  readonly #partsBefore: ReadonlyMap<number, number | undefined>;
  readonly #live = new Map<string, Reading>();
  readonly #later = new Map<string, Reading>();

  constructor(partsBefore: ReadonlyMap<number, number | undefined>) {
    this.#partsBefore = partsBefore;
  }

  leave(): void {
    this.#live.clear();
    this.#later.clear();
  }

  /** `sent`: how many parts of this request a responder has recorded so far. */
  apply(event: HistoryEvent & { request: string }, sent: number | undefined): this {
    const { request } = event;
    switch (event.type) {
      case "requested":
        this.#live.delete(request);
        break;
      case "part-received":
        this.#reading(this.#live, request).numbers.push(event.part);
        break;
      case "received":
        if (event.parts !== undefined) this.#reading(this.#live, request).before = event.parts;
        break;
      case "replies-ended":
        // Where a part is missing, what comes after it has come.
        this.#over(this.#live, request, ["last", "missing-part"].includes(event.by), sent);
        break;
      case "part-collected":
        this.#reading(this.#later, request).numbers.push(event.part);
        break;
      case "collected":
        this.#reading(this.#later, request).before = this.#partsBefore.get(event.sequence);
        this.#over(this.#later, request, true, sent);
        break;
      case "not-collected":
        this.#over(this.#later, request, event.missing !== undefined, sent);
    }
    return this;
  }

  #reading(open: Map<string, Reading>, request: string): Reading {
    const known = open.get(request);
    if (known) return known;
    const reading: Reading = { request, numbers: [], reachedLast: false };
    open.set(request, reading);
    this.all.push(reading);
    return reading;
  }

  #over(open: Map<string, Reading>, request: string, reachedLast: boolean, sent: number | undefined): void {
    const reading = this.#reading(open, request);
    reading.reachedLast = reachedLast;
    reading.before ??= sent;
    open.delete(request);
  }
}

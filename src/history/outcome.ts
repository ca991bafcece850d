// What became of each request so far, as one short text: folded from the events, live or afterwards.

import type { HistoryEvent } from "./event.js";
import type { RequestOutcome } from "./result.js";
import { isAsked, isNamed } from "./select.js";

/** `reply` is set once a reply is known: nothing takes that back. */
interface Fate {
  outcome: string;
  reply: boolean;
  /** Set where nobody waits for its reply: the PubAck is all that is awaited. */
  unawaited?: boolean;
}

const pending: Fate = { outcome: "pending", reply: false };

type Introduced = Pick<RequestOutcome, "request" | "subject" | "strategy"> & { as?: string };

/** The outcomes of all requests of a run, kept up to date event by event. */
export class Outcomes {
  readonly #requestsByAlias = new Map<string, Set<string>>();
  readonly #fates = new Map<string, Fate>();
  readonly #requested = new Map<string, Omit<RequestOutcome, "outcome">>();
  /** Those that a requester asked for. */
  readonly #asked = new Set<string>();
  /** Of several replies: the numbers of the parts that reached a requester. */
  readonly #parts = new Map<string, Set<number>>();

  apply(event: HistoryEvent): void {
    if (!("request" in event)) return;
    if (isNamed(event)) this.#name(event.request, event.as);
    if (isAsked(event)) {
      this.#introduce(event);
      this.#asked.add(event.request);
    }
    if (event.type === "published-request") this.#introduce({ ...event, strategy: "by-hand" });
    if (event.type === "part-received" || event.type === "part-collected")
      this.#parts.set(event.request, (this.#parts.get(event.request) ?? new Set()).add(event.part));
    const before = this.#fates.get(event.request) ?? pending;
    this.#fates.set(event.request, this.#repliedToNobody(event) ?? next(before, event));
  }

  /** Worded as in `RequestOutcome.outcome`; `pending` while nothing is known. */
  of(request: string): string {
    return (this.#fates.get(request) ?? pending).outcome;
  }

  /** The ids of the requests that go by this name in the scenario, oldest first. */
  requestsOf(alias: string): string[] {
    return [...(this.#requestsByAlias.get(alias) ?? [])];
  }

  /** Whether the requester is done waiting: with a reply, or for another reason. */
  settled(request: string): boolean {
    return this.of(request) !== pending.outcome;
  }

  /** In the order in which they were requested. */
  all(): RequestOutcome[] {
    return [...this.#requested.values()].map((facts) => {
      const parts = this.#parts.get(facts.request)?.size;
      return { ...facts, outcome: this.of(facts.request), ...(parts === undefined ? {} : { parts }) };
    });
  }

  /** Of a request published by hand, nobody tells what became of it but its responder; once a requester asks for it, too, that one does. */
  #repliedToNobody(event: HistoryEvent & { request: string }): Fate | undefined {
    if (event.type !== "replied" || this.#asked.has(event.request)) return undefined;
    return { outcome: worded(event), reply: false };
  }

  #name(request: string, alias: string): void {
    const known = this.#requestsByAlias.get(alias) ?? new Set();
    this.#requestsByAlias.set(alias, known.add(request));
  }

  #introduce({ request, subject, strategy, as }: Introduced): void {
    const first = this.#requested.get(request);
    if (!first) this.#requested.set(request, { as: as ?? request, request, subject, strategy });
    // Asked again under the same id, it is the same request, by its first name.
    else if (as !== undefined && as !== first.as && !first.alsoAs?.includes(as))
      this.#requested.set(request, { ...first, alsoAs: [...(first.alsoAs ?? []), as] });
  }
}

/** The latest decisive event wins, except that a known reply stays known. */
function next(fate: Fate, event: HistoryEvent): Fate {
  if (event.type === "collected" || (event.type === "received" && !enough(fate))) {
    return { outcome: worded(event), reply: true };
  }
  // Also where the reply has come meanwhile: whoever asked for all of it did not get it.
  if (event.type === "replies-ended" && event.by !== "last")
    return { outcome: `ended by ${event.by}`, reply: fate.reply };
  if (fate.reply) return fate;
  switch (event.type) {
    case "requested":
      return { ...pending, unawaited: event.timeoutMs === undefined && !awaited(fate) }; // perhaps again, under the same id
    case "stored":
      return fate.unawaited && fate.outcome === pending.outcome ? { ...fate, outcome: event.type } : fate;
    case "turn-refused":
      return fate.outcome === pending.outcome ? { outcome: "refused", reply: false } : fate;
    case "timed-out":
      return { outcome: (event.withdrawn === "removed" && event.status) || event.type, reply: false };
    case "withdrawn":
      return event.withdrawn === "removed" ? { outcome: event.status, reply: false } : fate;
    case "no-responders":
      return { outcome: event.type, reply: false };
    case "puback-received":
      return { outcome: "puback", reply: false };
    case "request-failed":
      return { outcome: `failed: ${event.error}`, reply: false };
    case "not-collected":
      return vague(fate) ? { outcome: event.type, reply: false } : fate;
    default:
      return fate;
  }
}

const worded = ({ status, payload }: { status: string; payload: string }) => `${status} ${payload}`.trimEnd();
/** Somebody waits for its reply at this moment. */
const awaited = (fate: Fate) => fate.outcome === pending.outcome && fate.unawaited === false;

/** Whether a reply may come yet, and nothing went wrong so far as anybody knows. */
export const isOpen = (outcome: string) => [pending.outcome, "timed-out", "stored"].includes(outcome);

/** A reply comes to one who has taken as many of several as it wanted: that changes nothing for it. */
const enough = ({ outcome }: Fate) => outcome === "ended by maximum";

/** "Looked for a reply, found none" says more than having waited, and less than any known cause. */
function vague(fate: Fate): boolean {
  return isOpen(fate.outcome);
}

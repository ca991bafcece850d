// Outcomes: what became of each request so far, as one short text, folded from the events.
import type { HistoryEvent } from "./event.js";
import type { RequestOutcome } from "./result.js";
import { isAsked, isNamed } from "./select.js";
import { type Aliases, addAlias, aliasesOf } from "./tally.js";

/** `reply` is set once a reply is known: nothing takes that back. */
interface OutcomeState {
  outcome: string;
  reply: boolean;
  /** Set for a request that is sent without a wait for its reply: the PubAck is all that is awaited. */
  unawaited?: boolean;
}

/** Characters of an outcome that may come often, and how many such are remembered. */
const longestShared = 64;
const mostShared = 1_000;

const pending: OutcomeState = { outcome: "pending", reply: false };

type Introduced = Pick<RequestOutcome, "request" | "subject" | "strategy"> & { as?: string };

/** The outcomes of all requests of a run, kept up to date event by event. */
export class Outcomes {
  readonly #requestsByAlias = new Map<string, Set<string>>();
  readonly #aliases: Aliases = new Map();
  /** By alias: how many of its requests have each outcome. A load has thousands of requests, and few outcomes. */
  readonly #counts = new Map<string, Map<string, number>>();
  readonly #states = new Map<string, OutcomeState>();
  readonly #sharedStates = new Map<string, OutcomeState>();
  readonly #requested = new Map<string, Omit<RequestOutcome, "outcome">>();
  /** Those that a requester sent. */
  readonly #sent = new Set<string>();
  /** Of several replies: the numbers of the parts that reached a requester. */
  readonly #parts = new Map<string, Set<number>>();

  apply(event: HistoryEvent): void {
    if (!("request" in event)) return;
    if (isNamed(event)) this.#name(event.request, event.as);
    if (isAsked(event)) {
      this.#introduce(event);
      this.#sent.add(event.request);
    }
    if (event.type === "published-request") this.#introduce({ ...event, strategy: "by-hand" });
    if (event.type === "part-received" || event.type === "part-collected")
      this.#parts.set(event.request, (this.#parts.get(event.request) ?? new Set()).add(event.part));
    const before = this.#states.get(event.request) ?? pending;
    const after = this.#repliedByHand(event) ?? next(before, event);
    if (after === before) return;
    this.#states.set(event.request, this.#shared(after));
    if (after.outcome === before.outcome) return;
    for (const alias of aliasesOf(this.#aliases, event.request)) {
      this.#count(alias, before.outcome, -1);
      this.#count(alias, after.outcome, 1);
    }
  }

  /** Worded as in `RequestOutcome.outcome`; `pending` while nothing is known. */
  of(request: string): string {
    return (this.#states.get(request) ?? pending).outcome;
  }

  /** The ids of the requests that go by this name in the scenario, oldest first. */
  requestsOf(alias: string): string[] {
    return [...(this.#requestsByAlias.get(alias) ?? [])];
  }

  /** How many of the requests that go by this name have each outcome; only those that there are. */
  countsOf(alias: string): ReadonlyMap<string, number> {
    return this.#counts.get(alias) ?? new Map();
  }

  /** Whether no requester waits for one of them any more: it has a reply, or stopped for another reason. */
  settled(alias: string): boolean {
    return !this.countsOf(alias).has(pending.outcome);
  }

  /** In the order in which they were requested. */
  all(): RequestOutcome[] {
    return [...this.#requested.values()].map((facts) => {
      const parts = this.#parts.get(facts.request)?.size;
      return { ...facts, outcome: this.of(facts.request), parts };
    });
  }

  /** A request published by hand has no requester: its outcome is its responder's reply, until a requester sends it, too. */
  #repliedByHand(event: HistoryEvent & { request: string }): OutcomeState | undefined {
    if (event.type !== "replied" || this.#sent.has(event.request)) return undefined;
    return { outcome: worded(event), reply: false };
  }

  #name(request: string, alias: string): void {
    if (!addAlias(this.#aliases, request, alias)) return;
    this.#requestsByAlias.set(alias, (this.#requestsByAlias.get(alias) ?? new Set()).add(request));
    this.#count(alias, this.of(request), 1);
  }

  /** Thousands of requests have few states: one object of each. */
  #shared(state: OutcomeState): OutcomeState {
    const { outcome, reply, unawaited } = state;
    if (outcome.length > longestShared) return state;
    const key = `${reply} ${unawaited} ${outcome}`;
    const known = this.#sharedStates.get(key);
    if (known) return known;
    if (this.#sharedStates.size < mostShared) this.#sharedStates.set(key, state);
    return state;
  }

  #count(alias: string, outcome: string, by: number): void {
    const counts = this.#counts.get(alias) ?? new Map<string, number>();
    const n = (counts.get(outcome) ?? 0) + by;
    if (n > 0) counts.set(outcome, n);
    else counts.delete(outcome);
    this.#counts.set(alias, counts);
  }

  #introduce({ request, subject, strategy, as }: Introduced): void {
    const first = this.#requested.get(request);
    if (!first) this.#requested.set(request, { as: as ?? request, request, subject, strategy });
    // A request that is sent again under the same id is the same request, by its first name.
    else if (as !== undefined && as !== first.as && !first.alsoAs?.includes(as))
      this.#requested.set(request, { ...first, alsoAs: [...(first.alsoAs ?? []), as] });
  }
}

/** The latest decisive event wins, except that a known reply stays known. */
function next(state: OutcomeState, event: HistoryEvent): OutcomeState {
  if (event.type === "collected" || (event.type === "received" && !enough(state))) {
    return { outcome: worded(event), reply: true };
  }
  // Also where the reply has come meanwhile: its requester did not get all parts.
  if (event.type === "replies-ended" && event.by !== "last")
    return { outcome: `ended by ${event.by}`, reply: state.reply };
  if (state.reply) return state;
  switch (event.type) {
    case "requested":
      return { ...pending, unawaited: event.timeoutMs === undefined && !awaited(state) }; // perhaps again, under the same id
    case "stored":
      return state.unawaited && state.outcome === pending.outcome ? { ...state, outcome: event.type } : state;
    case "turn-refused":
      return state.outcome === pending.outcome ? { outcome: "refused", reply: false } : state;
    case "timed-out":
      return { outcome: (event.withdrawn === "removed" && event.status) || event.type, reply: false };
    case "withdrawn":
      return event.withdrawn === "removed" ? { outcome: event.status, reply: false } : state;
    case "no-responders":
      return { outcome: event.type, reply: false };
    case "puback-received":
      return { outcome: "puback", reply: false };
    case "request-failed":
      return { outcome: `failed: ${event.error}`, reply: false };
    case "not-collected":
      // A read that found no reply says more than a wait, and less than any known cause.
      return isOpen(state.outcome) ? { outcome: event.type, reply: false } : state;
    default:
      return state;
  }
}

const worded = ({ status, payload }: { status: string; payload: string }) => `${status} ${payload}`.trimEnd();
/** A requester waits for its reply at this moment. */
const awaited = (state: OutcomeState) => state.outcome === pending.outcome && state.unawaited === false;

/** Whether a reply may come yet, and nothing is known to have gone wrong. */
export const isOpen = (outcome: string) => [pending.outcome, "timed-out", "stored"].includes(outcome);

/** The requester has as many of several replies as it wanted: a later one changes nothing. */
const enough = ({ outcome }: OutcomeState) => outcome === "ended by maximum";

// Sources agree: what an external actor says of itself, what its link shows, and what the broker received are one story.
import { count } from "../../common/plural.js";
import type { HistoryEvent } from "../event.js";
import { type EventOf, ofType } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

type Reported = EventOf<"reported">;

export const sourcesAgree: Check = {
  promise: "What an external actor says of itself agrees with its link, and its link agrees with the broker.",
  violated:
    "A line of an actor's `$JSRR_HISTORY` says what its link did not show, as often or with this status. The last line " +
    "about a request before the actor lost its connection or was killed is not judged. Or the broker received an ack of " +
    "a request that no actor acked, or a request that no actor sent. Or, in a run on one server without faults and " +
    "kills, the broker did not receive an ack or a stored reply that a link shows.",
  inconclusive: "There is one source only: no external actor took part. Or a line of `$JSRR_HISTORY` is no event.",
  judge: (history) => {
    const reported = ofType(history, "reported");
    const [broken] = ofType(history, "record-broken");
    if (broken) return inconclusive(`the record of ${broken.name} is broken`);
    if (reported.length === 0) return inconclusive("there is one source only, so there is nothing to compare");
    const shown = new Shown(history);
    const wrong = [
      ...reported.filter(({ source }) => source === undefined).filter(notShown(shown, excused(history))),
      ...reported.filter(({ source }) => source === "broker").filter((one) => !isKnown(one, shown)),
      ...(isUndisturbed(history) ? notReceived(history, reported) : []),
    ];
    const statements = count(reported.length, "second statement");
    const [first] = wrong;
    if (first === undefined) return held(`${statements}, each as the first source has it`);
    const requests = [...new Set(wrong.map(({ request }) => request))];
    return violated(`${wrong.length} of ${statements} disagree; the first: ${textOf(first)}`, requests);
  },
};

/** How often the links and the kit's own actors have each event of each request. */
class Shown {
  readonly #counts = new Map<string, number>();

  constructor(history: readonly HistoryEvent[]) {
    for (const event of history) {
      if (!("request" in event)) continue;
      // The link saw it, and lost it at a crash point.
      if (event.type === "reported" && event.source === "wire") this.#add(event, event.event);
      else if (event.type !== "reported") this.#add(event, event.type);
    }
  }

  /** `of`: an event as the actor has it; without an actor, of all. */
  count({
    request,
    actor,
    event,
    status,
  }: Pick<Reported, "request" | "status"> & { event: string; actor?: string }): number {
    return this.#counts.get(keyOf(request, event, actor, status)) ?? 0;
  }

  #add({ request, actor, ...rest }: { request: string; actor: string }, type: string): void {
    const { status } = rest as { status?: string };
    for (const by of [actor, undefined])
      for (const how of status === undefined ? [undefined] : [status, undefined]) {
        const key = keyOf(request, type === "reply-refused" ? "replied" : type, by, how);
        this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
        // A refused reply has no status in the history.
        if (type === "reply-refused") this.#counts.set(keyOf(request, "reply-refused", by, how), 1);
      }
  }
}

const keyOf = (request: string, event: string, actor = "", status = "") =>
  JSON.stringify([request, event, actor, status]);

/** Of an actor's own lines: those that go beyond what its link shows. */
function notShown(shown: Shown, excused: ReadonlySet<Reported>): (own: Reported) => boolean {
  const said = new Map<string, number>();
  return (own) => {
    if (own.event === "executed") return false; // its link shows effects only if it publishes them
    const key = keyOf(own.request, own.event, own.actor);
    const n = (said.get(key) ?? 0) + 1;
    said.set(key, n);
    if (excused.has(own)) return false;
    if (n > shown.count({ ...own, status: undefined })) return true;
    const refused = shown.count({ ...own, event: "reply-refused", status: undefined }) > 0;
    return own.status !== undefined && !refused && shown.count(own) === 0;
  };
}

/** The last line of each request before the actor's connection was lost or its process killed: it may have been written first. */
function excused(history: readonly HistoryEvent[]): ReadonlySet<Reported> {
  const found = new Set<Reported>();
  const last = new Map<string, Map<string, Reported>>();
  const away = new Set<string>();
  for (const event of [...history].sort((a, b) => a.t - b.t)) {
    if (event.type === "reported" && event.source === undefined) {
      if (away.has(event.actor)) found.add(event);
      const ofActor = last.get(event.actor) ?? new Map<string, Reported>();
      last.set(event.actor, ofActor.set(event.request, event));
      continue;
    }
    const name = event.type === "actor-crashed" ? event.name : event.actor;
    if (event.type === "disconnected") away.add(name);
    if (event.type === "reconnected") away.delete(name);
    if (event.type !== "disconnected" && event.type !== "actor-crashed") continue;
    for (const one of last.get(name)?.values() ?? []) found.add(one);
    last.delete(name);
  }
  return found;
}

/** Whether an actor has sent what the broker received. */
function isKnown({ request, event }: Reported, shown: Shown): boolean {
  const has = (...events: string[]) => events.some((one) => shown.count({ request, event: one }) > 0);
  if (event === "requested") return has("requested", "published-request", "replayed");
  if (event === "replied") return true; // a forged reply is for other checks to find
  return has(event);
}

/** What the broker did not receive can then not have been lost on its way. */
function isUndisturbed(history: readonly HistoryEvent[]): boolean {
  const [started] = ofType(history, "run-started");
  const disturbed = ofType(history, "fault-injected", "actor-crashed", "server-restarted", "disconnected").length > 0;
  const observed = ofType(history, "reported").some(({ source }) => source === "broker");
  return observed && !disturbed && started !== undefined && started.nodes === undefined;
}

/** Acks and stored replies of links that the broker did not receive. */
function notReceived(history: readonly HistoryEvent[], reported: readonly Reported[]): HistoryEventOfLink[] {
  const received = new Set(
    reported.filter(({ source }) => source === "broker").map(({ request, event }) => keyOf(request, event)),
  );
  return ofType(history, "acked", "returned", "terminated", "replied").filter(
    (event) =>
      event.source === "wire" &&
      (event.type !== "replied" || event.stream !== undefined) &&
      !received.has(keyOf(event.request, event.type)),
  );
}

type HistoryEventOfLink = EventOf<"acked" | "returned" | "terminated" | "replied">;

function textOf(event: Reported | HistoryEventOfLink): string {
  const { request } = event;
  if (event.type !== "reported")
    return `the link of ${event.actor} shows ${event.type} of ${request}, and the broker received none`;
  if (event.source === "broker") return `the broker received ${event.event} of ${request}, and no actor has it`;
  const status = event.status ? ` ${event.status}` : "";
  return `${event.actor} says ${event.event}${status} of ${request}, and its link shows none`;
}

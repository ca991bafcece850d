// Evidence by the clock: what took longer, or stood still, while a fault was in effect. Pure. A busy machine makes single
// requests slow, too, so one slow request is never enough: a delay is on all of them, and what stood still went on when healed.
import type { EventType, HistoryEvent } from "../history/event.js";
import type { Evidence, InjectionWindow } from "./evidence.js";

interface Stretch {
  request: string;
  /** `requested to stored`. */
  name: string;
  /** Who noted its end. */
  actor: string;
  /** Microseconds. */
  from: number;
  to: number;
}

type Pair = readonly [EventType, EventType];

/** There and back from one process, which notes both: by its own clock, whatever the other side is busy with. */
const roundTrips: readonly Pair[] = [
  ["requested", "stored"],
  ["executed", "replied"],
];

/** What follows what on a request's way. */
const ways: readonly Pair[] = [
  ["requested", "stored"],
  ["stored", "delivered"],
  ["delivered", "executed"],
  ["executed", "replied"],
  ["replied", "received"],
];

/** Below this a slow moment of the machine looks the same, milliseconds: only a comparison tells. */
export const noticeableMs = 25;

/** Standing still for less than this may be the machine's own doing, milliseconds. */
const standstillMs = 150;

function stretches(history: readonly HistoryEvent[], pairs: readonly Pair[]): Stretch[] {
  return pairs.flatMap(([first, last]) => {
    const begun = new Map<string, number>();
    return history.flatMap((event) => {
      if (!("request" in event)) return [];
      const { request, actor, t: to, type } = event;
      if (type === first) begun.set(request, to);
      const from = type === last ? begun.get(request) : undefined;
      if (from === undefined) return [];
      begun.delete(request);
      return [{ request, name: `${first} to ${last}`, actor, from, to }];
    });
  });
}

/**
 * Every round trip of these actors, and there was one, took at least `leastMs` while the fault was in effect; and longer
 * than the longest before it, by half of that at the least.
 */
export const slowed =
  (of: readonly string[], leastMs: number): Evidence =>
  (window) => {
    const own = stretches(window.history, roundTrips).filter(({ actor }) => of.includes(actor));
    for (const actor of of) {
      const [now, before] = [within(own, window), own.filter(({ to }) => to < window.injectedAt)].map(
        (those) => those.filter((one) => one.actor === actor).map(tookMs),
      ) as [number[], number[]];
      const fastest = Math.min(...now); // Infinity where nothing was sent
      const slowestBefore = Math.max(0, ...before);
      const enough = before.length > 0 ? leastMs : Math.max(leastMs, noticeableMs);
      if (now.length === 0 || fastest < enough || fastest - slowestBefore < leastMs / 2) continue;
      const compared = before.length > 0 ? `, and ${Math.round(slowestBefore)} ms at the most before` : "";
      return `each round trip of ${actor} took ${Math.round(fastest)} ms at the least${compared}`;
    }
    return undefined;
  };

/** Something was under way and came to its end only after the fault was healed, while nothing of its kind did before. */
export const heldUntilHealed: Evidence = (window) => {
  const all = stretches(window.history, ways);
  const held = all.find(({ name, actor, from, to }) => {
    if (to < window.healedAt) return false;
    if (window.healedAt - Math.max(from, window.injectedAt) < standstillMs * 1000) return false;
    return !within(all, window).some((other) => other.name === name && other.actor === actor);
  });
  if (!held) return undefined;
  const ms = Math.round((window.healedAt - Math.max(held.from, window.injectedAt)) / 1000);
  return `a request stood still for ${ms} ms on its way from ${held.name}, until it was healed`;
};

/** Those that began and ended while the fault was in effect. */
const within = (all: readonly Stretch[], { injectedAt, healedAt }: InjectionWindow) =>
  all.filter(({ from, to }) => from >= injectedAt && to <= healedAt);

const tookMs = ({ from, to }: Stretch) => (to - from) / 1000;

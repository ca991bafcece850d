// How a fault shows in a history. Pure, and for one injection alone: what counts began while it was in effect.
import type { EventType, HistoryEvent } from "../history/event.js";
import { ofType } from "../history/select.js";

/** One injection in the history of its run. Times are the events' own: microseconds. */
export interface InjectionWindow {
  /** Of the whole run, in order. */
  history: readonly HistoryEvent[];
  /** Just before the fault was injected. */
  injectedAt: number;
  /** Just before it was made good; what the healing itself breaks is not evidence. */
  healedAt: number;
}

export type Evidence = (window: InjectionWindow) => string | undefined;

/** What was under way when a fault was healed may show the effect so much later; microseconds. */
const aftermath = 10_000_000;

/** The first that is there. */
export const anyOf =
  (...kinds: Evidence[]): Evidence =>
  (window) => {
    for (const kind of kinds) {
      const found = kind(window);
      if (found !== undefined) return found;
    }
    return undefined;
  };

/** What happened while the fault was in effect. */
const during = ({ history, injectedAt, healedAt }: InjectionWindow) =>
  history.filter(({ t }) => t >= injectedAt && t <= healedAt);

/** Until shortly after. */
const sinceThen = ({ history, injectedAt, healedAt }: InjectionWindow) =>
  history.filter(({ t }) => t >= injectedAt && t <= healedAt + aftermath);

/** `of`: one of these lost its connection; without names anybody. */
export const brokenConnection =
  (of?: readonly string[]): Evidence =>
  (window) => {
    const broken = ofType(during(window), "disconnected").find(({ actor }) => of?.includes(actor) ?? true);
    return broken && `${broken.actor} was disconnected`;
  };

/** It was held by a responder before the fault was healed, and somebody got it again. */
export const redelivery: Evidence = (window) => {
  const again = ofType(sinceThen(window), "delivered").find(({ request, delivery }) => {
    if (delivery === 1) return false;
    const before = ofType(window.history, "delivered").filter((e) => e.request === request);
    return before.some((e) => e.delivery < delivery && e.t <= window.healedAt);
  });
  return again && `a request was delivered again (delivery ${again.delivery})`;
};

/** It was made before the fault was healed. */
export const failedRequest: Evidence = (window) => {
  const [failed] = failures(sinceThen(window)).filter(({ request }) => {
    const [made] = ofType(window.history, "requested").filter((e) => e.request === request);
    return made !== undefined && made.t <= window.healedAt;
  });
  return failed && saidOf(failed);
};

/** A publish was refused, or nobody answered it, while the fault was in effect. */
export const refusedMeanwhile: Evidence = (window) => {
  const now = during(window);
  const made = new Set(ofType(now, "requested").map(({ request }) => request));
  const [failed] = failures(now).filter(({ request }) => made.has(request));
  return failed && saidOf(failed);
};

/** Who times out with a PubAck waited for a responder: that says nothing of the server. */
function failures(events: readonly HistoryEvent[]) {
  const stored = new Set(ofType(events, "stored").map(({ request }) => request));
  return ofType(events, "request-failed", "timed-out", "no-responders").filter(
    ({ type, request }) => type !== "timed-out" || !stored.has(request),
  );
}

const saidOf = (failed: ReturnType<typeof failures>[number]) =>
  failed.type === "request-failed" ? `a request failed: ${failed.error}` : `a request ${failed.type}`;

/** The servers told of an election, or that a majority is missing. */
export const advisory: Evidence = (window) => {
  const [told] = ofType(during(window), "advisory").filter(
    ({ kind }) => kind === "leader-elected" || kind === "quorum-lost",
  );
  return told && `the servers told of ${told.kind} for ${told.consumer ?? told.stream}`;
};

export const newLeader: Evidence = (window) => {
  const [change] = ofType(during(window), "leader-changed");
  return (
    change && `${change.stream} is led by ${change.to} instead of ${change.from}, ${change.afterMs} ms later`
  );
};

/** On its way between these two servers, while the fault was in effect. */
export const heldBack =
  (between: readonly [string, string]): Evidence =>
  (window) => {
    const held = ofType(during(window), "message-held-back").find(
      (event) => event.between.join() === between.join(),
    );
    return held && `a message between ${between.join(" and ")} was held back for ${held.heldMs} ms`;
  };

export const lostMessages: Evidence = (window) => {
  const lost = ofType(during(window), "messages-counted").find(({ before, after }) => after < before);
  return lost && `${lost.after} of ${lost.before} messages in ${lost.stream} can still be read`;
};

export const endedActor =
  (name: string): Evidence =>
  (window) => {
    const end = ofType(during(window), "actor-crashed", "actor-stopped").find((event) => event.name === name);
    return end && `${name} ended (${end.signal ?? "stopped"})`;
  };

// Which evidence counts for which kind of fault.

/** A server that ended: its clients lost their connection, or what it led has another leader. */
export const serverGone = anyOf(brokenConnection(), advisory);

/** Somebody who stands still, or a way that nothing passes: what was sent there waits, fails, or is sent again. */
export const standsStill = (of?: readonly string[]) =>
  anyOf(brokenConnection(of), failedRequest, redelivery, heldUntilHealed);

/** A majority was out of reach: the servers said so, or a publish was refused or not answered meanwhile. */
export const noMajority = anyOf(refusedMeanwhile, advisory);

// Evidence by the clock: what took longer, or stood still, while a fault was in effect. Pure. A busy machine makes single
// requests slow, too, so one slow request is never enough: a delay is on all of them, and what stood still went on when healed.

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
const noticeableMs = 25;

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

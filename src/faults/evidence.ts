// Evidence of a fault: the events of a history that prove the effect of one injection. Pure.
import type { EventType, HistoryEvent } from "../history/event.js";
import { intended } from "../history/latency.js";
import { ofType } from "../history/select.js";

/** One injection in the history of its run. Times are the events' own: microseconds. */
export interface InjectionWindow {
  /** Of the whole run, in order. */
  history: readonly HistoryEvent[];
  /** Just before the fault was injected. */
  injectedAt: number;
  /** Just before it was healed; what the healing breaks is not evidence. */
  healedAt: number;
}

export type Evidence = (window: InjectionWindow) => string | undefined;

/** A request that was pending when the fault was healed may show the effect so much later; microseconds. */
const aftermath = 10_000_000;

/** The first evidence that is found. */
export const anyOf =
  (...kinds: Evidence[]): Evidence =>
  (window) => {
    for (const kind of kinds) {
      const found = kind(window);
      if (found !== undefined) return found;
    }
    return undefined;
  };

/** The events while the fault was in effect. */
const during = ({ history, injectedAt, healedAt }: InjectionWindow) =>
  history.filter(({ t }) => t >= injectedAt && t <= healedAt);

/** The events until shortly after, too. */
const sinceThen = ({ history, injectedAt, healedAt }: InjectionWindow) =>
  history.filter(({ t }) => t >= injectedAt && t <= healedAt + aftermath);

/** One of the actors in `of` lost its connection; without `of`, any actor. */
export const brokenConnection =
  (of?: readonly string[]): Evidence =>
  (window) => {
    const broken = ofType(during(window), "disconnected").find(({ actor }) => of?.includes(actor) ?? true);
    return broken && `${broken.actor} was disconnected`;
  };

/** A request was delivered before the fault was healed, and again after it was injected. */
export const redelivery: Evidence = (window) => {
  const again = ofType(sinceThen(window), "delivered").find(({ request, delivery }) => {
    if (delivery === 1) return false;
    const before = ofType(window.history, "delivered").filter((e) => e.request === request);
    return before.some((e) => e.delivery < delivery && e.t <= window.healedAt);
  });
  return again && `a request was delivered again (delivery ${again.delivery})`;
};

/** A request from before the healing failed. */
export const failedRequest: Evidence = (window) => {
  const [failed] = failures(sinceThen(window)).filter(({ request }) => {
    const [made] = ofType(window.history, "requested").filter((e) => e.request === request);
    return made !== undefined && made.t <= window.healedAt;
  });
  return failed && failureText(failed);
};

/** While the fault was in effect, a publish was refused or not answered. */
export const refusedMeanwhile: Evidence = (window) => {
  const now = during(window);
  const made = new Set(ofType(now, "requested").map(({ request }) => request));
  const [failed] = failures(now).filter(({ request }) => made.has(request));
  return failed && failureText(failed);
};

/** Without the time-outs after a PubAck: those requests waited for a responder, not for the server. */
function failures(events: readonly HistoryEvent[]) {
  const stored = new Set(ofType(events, "stored").map(({ request }) => request));
  return ofType(events, "request-failed", "timed-out", "no-responders").filter(
    ({ type, request }) => type !== "timed-out" || !stored.has(request),
  );
}

const failureText = (failed: ReturnType<typeof failures>[number]) =>
  failed.type === "request-failed" ? `a request failed: ${failed.error}` : `a request ${failed.type}`;

/** The servers reported an election, or a missing majority. */
export const advisory: Evidence = (window) => {
  const [event] = ofType(during(window), "advisory").filter(
    ({ kind }) => kind === "leader-elected" || kind === "quorum-lost",
  );
  return event && `the servers reported ${event.kind} for ${event.consumer ?? event.stream}`;
};

export const newLeader: Evidence = (window) => {
  const [change] = ofType(during(window), "leader-changed");
  return change && `${change.stream} is led by ${change.to} instead of ${change.from}, ${change.afterMs} ms later`;
};

export const peersChanged: Evidence = (window) => {
  const [change] = ofType(during(window), "peers-changed");
  return change && `${change.stream} is on ${change.to.join(", ")} instead of ${change.from.join(", ")}`;
};

/** While the fault was in effect, the link between these two servers held back a message. */
export const heldBack =
  (between: readonly [string, string]): Evidence =>
  (window) => {
    const held = ofType(during(window), "message-held-back").find((event) => event.between.join() === between.join());
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

/** A server ended: its clients lost their connection, or its streams elected another leader. */
export const serverGone = anyOf(brokenConnection(), advisory);

/** A process or a link stopped: what was sent to it waits, fails, or is delivered again. */
export const standsStill = (of?: readonly string[]) =>
  anyOf(brokenConnection(of), failedRequest, redelivery, heldUntilHealed, ...(of ? [overdue(of)] : []));

// Evidence by time. A busy machine makes single requests slow, too, so one slow request is no evidence: a delay must show in
// every round trip, and a stopped request must go on at the healing.

interface Stretch {
  request: string;
  /** `requested to stored`. */
  name: string;
  /** The process that recorded its end. */
  actor: string;
  /** Microseconds. */
  from: number;
  to: number;
}

type Pair = readonly [EventType, EventType];

/** One process records both events, so that only its own clock counts. */
const roundTrips: readonly Pair[] = [
  ["requested", "stored"],
  ["executed", "replied"],
];

/** The events of a request in their order. */
const ways: readonly Pair[] = [
  ["requested", "stored"],
  ["stored", "delivered"],
  ["delivered", "executed"],
  ["executed", "replied"],
  ["replied", "received"],
  // The PubAck of a reply can be lost.
  ["executed", "received"],
  // The effect of an external responder is recorded only if it says so.
  ["delivered", "replied"],
];

/** Milliseconds. A busy machine causes shorter delays: those need a comparison with the time before the fault. */
const noticeableMs = 25;

/** Milliseconds. A busy machine causes shorter stops. */
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
 * While the fault was in effect, one of these actors had round trips, each took `leastMs` or more, and each took longer than
 * the longest one before the fault, by half of `leastMs` or more.
 */
export const slowed =
  (of: readonly string[], leastMs: number): Evidence =>
  (window) => {
    const own = stretches(window.history, roundTrips).filter(({ actor }) => of.includes(actor));
    for (const actor of of) {
      const [now, before] = [within(own, window), own.filter(({ to }) => to < window.injectedAt)].map((those) =>
        those.filter((one) => one.actor === actor).map(tookMs),
      ) as [number[], number[]];
      const fastest = Math.min(...now); // Infinity without a round trip
      const slowestBefore = Math.max(0, ...before);
      const enough = before.length > 0 ? leastMs : Math.max(leastMs, noticeableMs);
      if (now.length === 0 || fastest < enough || fastest - slowestBefore < leastMs / 2) continue;
      const compared = before.length > 0 ? `, and ${Math.round(slowestBefore)} ms at the most before` : "";
      return `each round trip of ${actor} took ${Math.round(fastest)} ms at the least${compared}`;
    }
    return undefined;
  };

/** A request went on only after the fault was healed, and none of its kind went on before. */
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

/** A majority was out of reach: a publish was refused, not answered, or answered at the healing, or the servers reported it. */
export const noMajority = anyOf(refusedMeanwhile, advisory, heldUntilHealed);

/**
 * Of these actors one had a request of a load to send while the fault was in effect, recorded nothing from then on, and sent the
 * request after the healing: a frozen requester has nothing on its way, and misses its schedule.
 */
export const overdue =
  (of: readonly string[]): Evidence =>
  ({ history, injectedAt, healedAt }) => {
    const loads = new Set(ofType(history, "load-started").map(({ as }) => as));
    for (const as of loads) {
      const due = intended(history, as);
      for (const { request, actor, t } of ofType(history, "requested")) {
        const at = due.get(request);
        if (at === undefined || !of.includes(actor) || at < injectedAt || t < healedAt) continue;
        const lateMs = Math.round((healedAt - at) / 1000);
        if (lateMs < standstillMs) continue;
        const active = history.some((event) => event.actor === actor && event.t > at && event.t < healedAt);
        if (!active) return `a request of ${actor} was due ${lateMs} ms before it was healed, and sent afterwards`;
      }
    }
    return undefined;
  };

/** Began and ended while the fault was in effect. */
const within = (all: readonly Stretch[], { injectedAt, healedAt }: InjectionWindow) =>
  all.filter(({ from, to }) => from >= injectedAt && to <= healedAt);

const tookMs = ({ from, to }: Stretch) => (to - from) / 1000;

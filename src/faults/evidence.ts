// How a fault shows in a history. Pure, and for one injection alone: what counts began while it was in effect.
import type { HistoryEvent } from "../history/event.js";
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
export const aftermath = 10_000_000;

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
export const during = ({ history, injectedAt, healedAt }: InjectionWindow) =>
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

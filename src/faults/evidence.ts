// How a fault shows in the events that came after it. Pure.
import type { EventType, HistoryEvent } from "../history/event.js";
import { ofType } from "../history/select.js";

/** `healedAt`: on the events' own clock; what began after it is not the fault's doing. */
export type Evidence = (since: readonly HistoryEvent[], healedAt: number) => string | undefined;

/** The first that is there. */
export const anyOf =
  (...kinds: Evidence[]): Evidence =>
  (since, healedAt) => {
    for (const kind of kinds) {
      const found = kind(since, healedAt);
      if (found !== undefined) return found;
    }
    return undefined;
  };

export const brokenConnection: Evidence = (since, healedAt) => {
  const [broken] = ofType(since, "disconnected", "reconnected").filter(({ t }) => t <= healedAt);
  return broken && `${broken.actor} was ${broken.type}`;
};

export const redelivery: Evidence = (since) => {
  const again = ofType(since, "delivered").find(({ delivery }) => delivery > 1);
  return again && `a request was delivered again (delivery ${again.delivery})`;
};

export const failedRequest: Evidence = (since) => {
  const [failed] = ofType(since, "request-failed", "timed-out", "no-responders");
  if (!failed) return undefined;
  return failed.type === "request-failed" ? `a request failed: ${failed.error}` : `a request ${failed.type}`;
};

/** What follows what on a request's way; handlers work between `delivered` and `executed`, and that is not counted. */
const ways: readonly (readonly [EventType, EventType])[] = [
  ["requested", "stored"],
  ["stored", "delivered"],
  ["executed", "replied"],
  ["replied", "acked"],
  ["replied", "received"],
];

/** A request waited at least `ms` on one stretch of its way. */
export const waited =
  (ms: number): Evidence =>
  (since, healedAt) => {
    for (const [from, to] of ways) {
      const begun = new Map<string, number>();
      for (const event of since) {
        if (!("request" in event)) continue;
        if (event.type === from && event.t <= healedAt) begun.set(event.request, event.t);
        const start = event.type === to ? begun.get(event.request) : undefined;
        const tookMs = start === undefined ? 0 : Math.round((event.t - start) / 1000);
        if (tookMs >= ms) return `a request took ${tookMs} ms from ${from} to ${to}`;
      }
    }
    return undefined;
  };

export const newLeader: Evidence = (since) => {
  const [change] = ofType(since, "leader-changed");
  return (
    change && `${change.stream} is led by ${change.to} instead of ${change.from}, ${change.afterMs} ms later`
  );
};

export const lostMessages: Evidence = (since) => {
  const lost = ofType(since, "messages-counted").find(({ before, after }) => after < before);
  return lost && `${lost.after} of ${lost.before} messages in ${lost.stream} can still be read`;
};

export const crashedActor =
  (name: string): Evidence =>
  (since) => {
    const end = ofType(since, "actor-crashed", "actor-stopped").find((event) => event.name === name);
    return end && `${name} ended (${end.signal ?? "stopped"})`;
  };

/** Longer than anything takes on a sound server, even on a busy machine. */
export const noticeableMs = 150;

/** How a server that is away shows to its clients. */
export const serverAway = anyOf(brokenConnection, failedRequest, redelivery, waited(noticeableMs));

// Time-outs of a session: those that its copy repeats on a machine of any speed.
import { type Click, hasTimedOut, type RecordedClick } from "./clicks.js";

/** A request that timed out, whatever came later. */
export interface TimedOut {
  as: string;
  /** Its PubAck came soon: the server had it long before the time-out. */
  stored: boolean;
  /** What became of it since. */
  outcome: string;
}

/**
 * The names of requests that time out again in a copy. If a responder, the server and the link were there before the page showed
 * the time-out, the reply and the time-out raced. If the reply came later and the server or the link was away meanwhile, the
 * requester may miss it in a copy. Such a time-out is chance.
 */
export function repeatableTimeouts(clicks: readonly RecordedClick[], timedOut: readonly TimedOut[]): Set<string> {
  const isOpen = openAfterEach(clicks);
  const isChance = ({ as, stored, outcome }: TimedOut): boolean => {
    const requestedAt = clicks.findIndex(({ click }) => click.kind === "request" && click.as === as);
    if (requestedAt < 0) return true;
    const after = (holds: (n: number) => boolean) => {
      const n = clicks.findIndex((_, n) => n > requestedAt && holds(n));
      return n < 0 ? clicks.length : n;
    };
    const seenAs = (n: number) => clicks[n]?.seen?.[as];
    const openAt = isOpen[requestedAt] ? requestedAt : after((n) => isOpen[n] === true);
    const shownAt = after((n) => seenAs(n) !== undefined && hasTimedOut(seenAs(n) ?? ""));
    if (openAt < shownAt) return true;
    if (outcome === "timed-out") return false;
    const repliedAt = after((n) => seenAs(n) !== undefined && !hasTimedOut(seenAs(n) ?? ""));
    return !stored || clicks.slice(requestedAt, repliedAt).some(({ click }) => breaksConnections(click));
  };
  const chance = new Set(timedOut.filter(isChance).map(({ as }) => as));
  return new Set(timedOut.flatMap(({ as }) => (chance.has(as) ? [] : as)));
}

const breaksConnections = ({ kind }: Click) => kind === "inject" || kind === "heal" || kind === "restart";

/** After each click: whether a reply can reach the requester, because a responder runs, and the server and the link are there. */
function openAfterEach(clicks: readonly RecordedClick[]): boolean[] {
  const responders = new Set<string>();
  const faults = new Set<string>();
  return clicks.map(({ click }) => {
    if (click.kind === "inject" && click.fault !== "latency") faults.add(click.fault);
    if (click.kind === "heal") faults.delete(click.fault);
    if (click.kind === "start" || click.kind === "resume") responders.add(click.actor);
    if (click.kind === "stop" || click.kind === "crash" || click.kind === "pause") responders.delete(click.actor);
    responders.delete("alice");
    return responders.size > 0 && faults.size === 0;
  });
}

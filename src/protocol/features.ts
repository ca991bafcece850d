// What only newer servers can do, and how to tell: by the version that the server told at connecting (`INFO`).
import { ServerTooOld } from "./errors.js";
import { atLeast, isVersion } from "./versions.js";

/** The oldest nats-server that has it. */
const since = {
  /** `Nats-TTL` on a message, and `allow_msg_ttl` on its stream (ADR-43). */
  "message-ttl": "2.11.0",
  /** A reason behind `+TERM`; an older server does not take that for a termination at all. */
  "term-reason": "2.10.4",
  /** Status 503 on an API subject that nobody serves (a direct get, a pull); an older server keeps silent. */
  "unserved-told": "2.10.26",
} as const;

export type Feature = keyof typeof since;

/** A connection, as far as it matters here. On a cluster this is the version of the one node it leads to. */
export interface Versioned {
  info?: { version: string } | undefined;
}

export function hasFeature(nc: Versioned, feature: Feature): boolean {
  const version = nc.info?.version ?? "";
  return isVersion(version) && atLeast(version, since[feature]);
}

/** @throws ServerTooOld naming the version that is needed and the one that is there. */
export function requireFeature(nc: Versioned, feature: Feature, forWhat: string): void {
  if (hasFeature(nc, feature)) return;
  throw new ServerTooOld(
    `${forWhat} needs nats-server ${since[feature]} or newer (${feature}); this one is ${nc.info?.version ?? "of an unknown version"}.`,
  );
}

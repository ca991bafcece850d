// Server versions: compared, and what each feature needs.
import { ServerTooOldError } from "./errors.js";

const shape = /^v?(\d+)\.(\d+)\.(\d+)(?:-([\w.-]+))?/;

/** For versions such as `2.14.0`, `v2.14.0` and `2.15.0-RC.1`. Negative when `a` is older than `b`, 0 when they are equal. A pre-release is older than its release. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)];
  for (const part of [0, 1, 2] as const) {
    const difference = left.numbers[part] - right.numbers[part];
    if (difference !== 0) return difference;
  }
  if (left.pre === right.pre) return 0;
  if (left.pre === undefined) return 1;
  if (right.pre === undefined) return -1;
  return left.pre.localeCompare(right.pre, "en", { numeric: true });
}

/**
 * Whether a server is new enough. Here a pre-release counts as its release (`2.14.0-RC.1` has what 2.14.0 has), unless the minimum
 * is a pre-release itself.
 */
export function atLeast(version: string, minimum: string): boolean {
  const [have, least] = [parse(version), parse(minimum)];
  if (least.pre !== undefined) return compareVersions(version, minimum) >= 0;
  return compareVersions(have.numbers.join("."), minimum) >= 0;
}

/** False for a text that is no version. */
const isVersion = (text: string) => shape.test(text.trim());

function parse(version: string): { numbers: [number, number, number]; pre: string | undefined } {
  const match = shape.exec(version.trim());
  if (!match) throw new TypeError(`Expected a version like "2.14.0", got "${version}"`);
  return { numbers: [Number(match[1]), Number(match[2]), Number(match[3])], pre: match[4] };
}

// Features of newer servers, by the version that the server sent when the connection was made (`INFO`).

/** The oldest nats-server that has it. */
const since = {
  /** `Nats-TTL` on a message, and `allow_msg_ttl` on its stream (ADR-43). */
  "message-ttl": "2.11.0",
  /** `metadata` of a consumer (ADR-33). */
  "consumer-metadata": "2.10.0",
  /** `filter_subjects` of a consumer (ADR-34). */
  "filter-subjects": "2.10.0",
  /** `Nats-Schedule` on a message, and `allow_msg_schedules` on its stream (ADR-51). */
  "message-schedules": "2.12.0",
  /** A reason behind `+TERM`; an older server does not take that for a termination at all. */
  "term-reason": "2.10.4",
  /** Status 503 on an API subject without a stream (a direct get, a pull); an older server does not answer. */
  "no-stream-status": "2.10.26",
} as const;

type Feature = keyof typeof since;

/** The version of a connection's server. In a cluster it is the version of the one node that the connection leads to. */
export interface Versioned {
  info?: { version: string } | undefined;
}

export function hasFeature(nc: Versioned, feature: Feature): boolean {
  const version = nc.info?.version ?? "";
  return isVersion(version) && atLeast(version, since[feature]);
}

/** @throws ServerTooOldError naming the version that is needed and the one that is there. */
export function requireFeature(nc: Versioned, feature: Feature, forWhat: string): void {
  if (hasFeature(nc, feature)) return;
  throw new ServerTooOldError(
    `${forWhat} needs nats-server ${since[feature]} or newer (${feature}); this one is ${nc.info?.version ?? "of an unknown version"}.`,
  );
}

/**
 * Milliseconds until a message that is still in its stream counts as left there. With replicas the consumer's leader counts an ack
 * before the stream's leader removes the message (docs/server-versions.md).
 */
export const ackToRemovalMs = 100;

// Reads the parts of a reply that are stored. One is stored only after the one before it, so the newest has the highest number.
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { partOf, partSubject } from "../../protocol/parts.js";
import { fromClientError } from "../../protocol/server-error.js";
import type { Handle } from "../handle.js";
import { placeOf } from "../reply-store.js";
import { asPart, type PartReply } from "./arrivals.js";

/** Parts that are read at the same time. */
const atOnce = 64;

/**
 * Stored parts from number `from` on, without a gap, at most 64; none where there are none (yet).
 * @throws NotSetUp, NotPermitted, NoAnswer and the other errors of the server.
 */
export async function readStoredParts(
  nc: NatsConnection,
  handle: Handle,
  from: number,
): Promise<PartReply[]> {
  const { stream, subject } = placeOf(handle);
  if (subject === undefined || handle.store) return [];
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  try {
    const newest = await jsm.streams.getMessage(stream, { last_by_subj: `${subject}.*` });
    const known = (newest && partOf(newest.subject)?.index) || 0;
    const numbers = Array.from({ length: Math.min(atOnce, known - from + 1) }, (_, n) => from + n);
    const parts = await Promise.all(numbers.map((n) => readPart(jsm, stream, partSubject(subject, n), n)));
    const gap = parts.indexOf(undefined);
    return (gap < 0 ? parts : parts.slice(0, gap)) as PartReply[];
  } catch (error) {
    throw fromClientError(`stream ${stream}`, error);
  }
}

async function readPart(jsm: JetStreamManager, stream: string, subject: string, n: number) {
  const stored = await jsm.streams.getMessage(stream, { last_by_subj: subject });
  return stored ? asPart(n, stored.data) : undefined;
}

// Reads the parts of a reply that are stored, each by its subject, as a permission can name it.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { partSubject } from "../../protocol/parts.js";
import { fromClientError } from "../../protocol/server-error.js";
import type { Handle } from "../handle.js";
import { readLast } from "../read-mailbox.js";
import { placeOf } from "../reply-store.js";
import { asPart, type PartReply } from "./arrivals.js";
import type { ReadParts } from "./in-order.js";

/** Most parts that are read at the same time. */
const most = 64;

/**
 * Gives stored parts from a number on, without a gap: one at first, and twice as many at each further call, up to 64, because
 * how many there are nobody says, and mostly there are none. What it calls throws NotSetUp, NotPermitted, NoAnswer and the other
 * errors of the server.
 */
export function storedParts(nc: NatsConnection, handle: Handle): ReadParts {
  let atOnce = 1;
  return async (from, known) => {
    const { stream, subject } = placeOf(handle);
    if (subject === undefined || handle.store) return [];
    const count = Math.min(most, Math.max(atOnce, known - from + 1));
    atOnce = Math.min(most, atOnce * 2);
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    const readPart = async (_: unknown, n: number): Promise<PartReply | undefined> => {
      const stored = await readLast(nc, jsm, stream, partSubject(subject, from + n));
      return stored ? asPart(from + n, stored.data) : undefined;
    };
    try {
      return untilGap(await Promise.all(Array.from({ length: count }, readPart)));
    } catch (error) {
      throw fromClientError(`stream ${stream}`, error);
    }
  };
}

function untilGap(parts: (PartReply | undefined)[]): PartReply[] {
  const gap = parts.indexOf(undefined);
  return (gap < 0 ? parts : parts.slice(0, gap)) as PartReply[];
}

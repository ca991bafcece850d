// What a call whose time is up finds out: where its request is, as far as the server says so without much ado.
import type { NatsConnection } from "@nats-io/nats-core";
import type { Handle } from "./handle.js";
import type { TimeOutFindings } from "./timed-out.js";
import { locate, type StoredReply } from "./whereabouts.js";

/** Milliseconds; a server that is frozen or gone must not hold up the caller's time-out for longer. */
const lookMs = 2_000;

/** Never rejects. With `reply` the request was answered after all. */
export async function findOut(
  nc: NatsConnection,
  handle: Handle,
): Promise<TimeOutFindings & { reply?: StoredReply }> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<TimeOutFindings>((resolve) => {
    const silent = `the server did not say within ${lookMs} ms where it is`;
    timer = setTimeout(() => resolve({ whereabouts: "unknown", evidence: silent }), lookMs);
  });
  const found = locate(nc, handle).then(
    ({ where, ...rest }) => ({ ...rest, whereabouts: where }),
    (error: Error) => ({ whereabouts: "unknown" as const, evidence: error.message.replace(/\.$/, "") }),
  );
  return Promise.race([found, tooLong]).finally(() => clearTimeout(timer));
}

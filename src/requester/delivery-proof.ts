// Delivery proof: whether the consumer's count of deliveries covers the whole life of a request.
import type { ConsumerInfo, JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { NoRespondersError, NotPermittedError } from "../protocol/errors.js";
import { fromClientError } from "../protocol/server-error.js";

/** Nanoseconds by which the clocks of two servers of a cluster may differ. */
const clockToleranceNs = 1_000_000_000n;

/** Milliseconds to wait for the connection list of a server. */
const connectionListMs = 1_000;

/** What a consumer's info has besides the client's type. */
interface Answered {
  /** The time of the answer, by the server's clock (nats-server 2.10). */
  ts?: string;
  cluster?: {
    /** Absent on a server without a cluster. */
    name?: string;
    leader?: string;
    /** Only with replicas: since nats-server 2.12. */
    leader_since?: string;
    replicas?: unknown[];
  };
}

/** When the server's answer was made, in nanoseconds since the epoch by its clock; undefined before nats-server 2.10. */
export function answeredAt(info: ConsumerInfo): bigint | undefined {
  const { ts } = info as Answered;
  return ts ? nanoseconds(ts) : undefined;
}

/** The times of the server have nine decimals, of which `Date` reads three. */
export function nanoseconds(time: string): bigint {
  const [, fraction = ""] = /\.(\d{1,9})/.exec(time) ?? [];
  const seconds = BigInt(Math.floor(Date.parse(time) / 1000));
  return seconds * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
}

/**
 * Why "delivered below this sequence" does not prove that a request was never delivered; undefined if it does.
 *
 * A consumer's `delivered` goes back when its server is killed or its leader changes, and begins at 0 when the consumer is made
 * anew. So it counts only if all three are older than the request:
 * - the consumer: `created`.
 * - the leader, if the consumer has replicas: `leader_since`. An older server than 2.12 does not say it, so nothing is proven there.
 * - the run of the server, if there is one copy: a connection of this account that began before the request was stored, open or
 *   closed. Each server lists them to the account (`$SYS.REQ.ACCOUNT.PING.CONNZ`), and forgets them when it ends.
 *
 * `storedAt` is a time at which the request was not yet stored, or the time at which it was.
 */
export async function whyUnproven(
  nc: NatsConnection,
  jsm: JetStreamManager,
  info: ConsumerInfo,
  storedAt: bigint | undefined,
): Promise<string | undefined> {
  if (storedAt === undefined) return "when it was stored is not known";
  const { cluster } = info as Answered;
  const before = cluster?.name ? storedAt - clockToleranceNs : storedAt;
  if (nanoseconds(info.created) >= before) {
    return `consumer ${info.name} was created after the request was stored, and an earlier one may have delivered it`;
  }
  if (cluster?.leader_since !== undefined) {
    if (nanoseconds(cluster.leader_since) < before) return undefined;
    return `consumer ${info.name} has another leader since the request was stored, and the one before may have delivered it`;
  }
  if (cluster?.replicas?.length) {
    return `the server does not say since when consumer ${info.name} has its leader (nats-server 2.12 does), and an earlier one may have delivered it`;
  }
  const since = await runningSince(nc, jsm, info);
  if (since !== undefined && since < before) return undefined;
  return "the server may have been killed since the request was stored, and forgets deliveries then; it lists no connection from before";
}

// The run of a server: known from the connections that it remembers.

interface ServerRun {
  id: string;
  name: string;
  /** Its oldest connection, in nanoseconds since the epoch by its clock. */
  since: bigint;
}

/** Of the server that a connection leads to. It stays true until the connection leads to another server, or to another run of it. */
const ownRuns = new WeakMap<NatsConnection, ServerRun>();

/** Connections whose account may not list its connections. */
const unlisted = new WeakSet<NatsConnection>();

async function runningSince(
  nc: NatsConnection,
  jsm: JetStreamManager,
  info: ConsumerInfo,
): Promise<bigint | undefined> {
  if (unlisted.has(nc)) return undefined;
  const own = ownRuns.get(nc);
  const same = own?.id === nc.info?.server_id ? own : undefined;
  const leader = (info as Answered).cluster?.leader ?? same?.name ?? (await streamLeader(nc, jsm, info));
  if (leader === undefined) return undefined;
  if (same?.name === leader) return same.since;
  const run = await readRun(nc, leader).catch((error) => {
    const known = fromClientError("connection list", error);
    if (known instanceof NotPermittedError || known instanceof NoRespondersError) unlisted.add(nc);
    return undefined;
  });
  if (run && run.id === nc.info?.server_id) ownRuns.set(nc, run);
  return run?.since;
}

/**
 * Without replicas the stream and its consumer are on one server. Before nats-server 2.10 a server without a cluster does not say
 * that it is the one; in a domain of a leaf node it may be another one.
 */
async function streamLeader(
  nc: NatsConnection,
  jsm: JetStreamManager,
  info: ConsumerInfo,
): Promise<string | undefined> {
  const { cluster } = await jsm.streams.info(info.stream_name);
  if (cluster?.leader) return cluster.leader;
  const { jetstream, server_name, domain } = (nc.info ?? {}) as { [name: string]: unknown };
  return jetstream === true && domain === undefined ? (server_name as string) : undefined;
}

interface ConnectionList {
  server?: { id?: string; name?: string };
  data?: { connections?: { start?: string }[] };
}

/** The oldest connection of this account, open or closed. @throws when the account may not ask, or no server answers. */
async function readRun(nc: NatsConnection, leader: string): Promise<ServerRun | undefined> {
  for await (const { server, data } of connectionLists(nc)) {
    const start = data?.connections?.[0]?.start;
    if (server?.name !== leader) continue;
    return start && server.id ? { id: server.id, name: leader, since: nanoseconds(start) } : undefined;
  }
  return undefined;
}

/** One of each server of a cluster. */
async function* connectionLists(nc: NatsConnection): AsyncGenerator<ConnectionList> {
  const subject = "$SYS.REQ.ACCOUNT.PING.CONNZ";
  const oldest = JSON.stringify({ state: 2, sort: "start", limit: 1 });
  if (!nc.info?.cluster) {
    yield (await nc.request(subject, oldest, { timeout: connectionListMs })).json<ConnectionList>();
    return;
  }
  for await (const answer of await nc.requestMany(subject, oldest, { strategy: "timer", maxWait: connectionListMs })) {
    if (answer.headers?.code !== 503) yield answer.json<ConnectionList>();
  }
}

// The leader of a stream: found by its own claim, and replaced by the faults that take it away.
import { setTimeout as passed } from "node:timers/promises";
import { type ApiError, type ClusterInfo, JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream";
import { until } from "../common/until.js";
import { newLeader } from "./evidence.js";
import { type Injected, roles, type Target, type TargetNode } from "./fault.js";

interface LeaderFault {
  what(leader: string): string;
  remove(leader: TargetNode): Promise<unknown>;
  restore?(leader: TargetNode): Promise<void>;
  /** The next leader; without it any other. */
  next?: string;
}

/**
 * Removes the leader of a stream, waits for a new one and records it. If none is elected, restores the old one.
 * @throws if the stream has no leader within 30 s before or after, or is not replicated.
 */
export async function injectOnLeader(
  target: Target,
  stream: string,
  announce: (what: string) => void,
  { what, remove, restore, next }: LeaderFault,
): Promise<Injected> {
  const { leader } = await claimedLeader(target, stream);
  const heal = restore && (() => restore(leader));
  const text = what(leader.name);
  announce(text);
  const started = performance.now();
  try {
    await remove(leader);
    const { leader: to, at } = await claimedLeader(target, stream, leader, next);
    const afterMs = Math.round(at - started);
    target.record({ type: "leader-changed", stream, from: leader.name, to: to.name, afterMs });
  } catch (error) {
    await heal?.();
    throw error;
  }
  return { what: text, heal, bit: newLeader };
}

/** The advisory of an election may get lost with its leader, so STREAM.INFO polls the servers in turn. */
const pollMs = 50;
/** A server that needs longer to answer knows of no leader. */
const answerMs = 500;
/** A killed leader is replaced after 3 to 10 s (followers wait 4 to 9 s without a heartbeat), a frozen one after up to 22 s. */
const electionMs = 30_000;
/** Followers answer their leader every second, and vote for no other before they missed it for 4 s. Nanoseconds. */
const activeNs = 3e9;

interface Claim {
  leader: TargetNode;
  /** When its answer arrived, by `performance.now()`. */
  at: number;
}

/**
 * The server that claims to lead the stream. The first answer to STREAM.INFO is not enough: a leader that was cut off or
 * frozen still answers as one until it learns of its successor, and in the first 10 s of a stream its preferred leader
 * answers, too (nats-server 2.9.10 and 2.14.0, jsStreamInfoRequest). So the leader itself must answer, and a majority must
 * have answered it more recently than an election takes.
 * @param gone is not accepted: another is waited for; with `next` this one.
 * @throws if no server leads within 30 s, if the stream has one copy, and if it does not exist.
 */
export async function claimedLeader(target: Target, stream: string, gone?: TargetNode, next?: string): Promise<Claim> {
  let found: Claim | Error | undefined;
  const read = (answer: InfoAnswer) => {
    const name = leaderIn(answer);
    const leader = target.nodes.find((node) => node !== gone && node.name === name && node.name === (next ?? name));
    found ??= permanentError(stream, answer) ?? (leader && { leader, at: performance.now() });
  };
  let turn = 0;
  const poll = async () => {
    const running = target.nodes.filter((node) => node.running && node !== gone);
    const answered = infoBy(target, running[turn++ % running.length]?.name, stream).then(read);
    await Promise.race([answered.catch(() => {}), passed(pollMs)]); // a later answer counts, too
    return found;
  };
  const late = next ? `${stream} was not led by ${next}` : `${stream} had no ${gone ? "new " : ""}leader`;
  const claim = await until(poll, { everyMs: pollMs, withinMs: electionMs, late });
  if (claim instanceof Error) throw claim;
  return claim;
}

/** The name of the server that is `leader` or `follower` of the stream now; any other name as it is. */
export async function serverWithRole(target: Target, name: string, stream = "REQUESTS"): Promise<string> {
  if (!roles.includes(name)) return name;
  const { leader } = await claimedLeader(target, stream);
  if (name === "leader") return leader.name;
  const { peers } = await peersOf(target, stream);
  const followers = peers.filter((peer) => peer !== leader.name);
  return followers[Math.floor(target.random() * followers.length)] as string;
}

/** The servers with a replica of the stream, as its leader says, sorted by name; `whole`: each has all messages. */
export async function peersOf(target: Target, stream: string): Promise<{ peers: string[]; whole: boolean }> {
  const { leader } = await claimedLeader(target, stream);
  const { replicas = [] } = (await infoBy(target, leader.name, stream)).cluster ?? {};
  const peers = [leader.name, ...replicas.map(({ name }) => name)].sort();
  return { peers, whole: replicas.every(({ current }) => current) };
}

/** The part of an answer to STREAM.INFO about the leader. */
export interface InfoAnswer {
  config?: { num_replicas: number };
  cluster?: ClusterInfo;
  error?: ApiError;
}

async function infoBy(target: Target, node: string | undefined, stream: string): Promise<InfoAnswer> {
  const nc = await target.connection(node);
  return (await nc.request(`$JS.API.STREAM.INFO.${stream}`, "", { timeout: answerMs })).json<InfoAnswer>();
}

/** The server that answered, if it leads with a majority. An answer lists all the others: a listed one did not answer. */
export function leaderIn({ cluster }: InfoAnswer): string | undefined {
  const { leader, replicas = [] } = cluster ?? {};
  if (replicas.length === 0 || replicas.some(({ name }) => name === leader)) return undefined;
  const active = replicas.filter((one) => one.current && !one.offline && one.active < activeNs);
  return active.length + 1 > (replicas.length + 1) / 2 ? leader : undefined;
}

/** An error that waiting does not end. */
function permanentError(stream: string, { config, error }: InfoAnswer): Error | undefined {
  if (error?.err_code === JetStreamApiCodes.StreamNotFound) return new JetStreamApiError(error);
  if (config?.num_replicas !== 1) return undefined;
  return new Error(`${stream} has one copy, and so no leader that another could replace: it needs 3 replicas.`);
}

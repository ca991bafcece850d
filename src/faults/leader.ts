// Who leads a stream, and who leads it after a fault: shared by the faults that take the leader away.

import { setTimeout as passed } from "node:timers/promises";
import { type ApiError, type ClusterInfo, JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream";
import { until } from "../common/until.js";
import type { Target, TargetNode } from "./fault.js";

interface Leadership {
  stream: string;
  leader: TargetNode;
  /** Takes the leader away, waits for another, and records it. @throws where there is none within 30 s. */
  take(away: () => Promise<unknown>): Promise<void>;
}

/** @throws where the stream has no leader within 30 s, or is not replicated. */
export async function leadershipOf(target: Target, stream: string): Promise<Leadership> {
  const { leader } = await claimedLeader(target, stream);
  const take = async (away: () => Promise<unknown>) => {
    const started = performance.now();
    await away();
    const { leader: to, at } = await claimedLeader(target, stream, leader);
    const afterMs = Math.round(at - started);
    target.record({ type: "leader-changed", stream, from: leader.name, to: to.name, afterMs });
  };
  return { stream, leader, take };
}

// Which server leads a stream, by its own claim. The first answer to STREAM.INFO will not do: a leader that was cut off or
// frozen goes on answering as one until it hears of its successor, and for the first 10 s of a stream the member that was
// meant to lead it answers, too (nats-server 2.9.10 and 2.14.0, jsStreamInfoRequest). So a leader must say so itself, and
// must have heard from a majority more lately than another could have been elected.

/** The advisory of an election may get lost with its leader, so the servers are asked, in turns. */
const askMs = 50;
/** A server that needs longer to answer knows of no leader. */
const answerMs = 500;
/** A killed leader is replaced after 3 to 10 s (followers wait for 4 to 9 s since they last heard of it), a frozen one after up to 22 s. */
const electionMs = 30_000;
/** Followers answer their leader every second, and vote for no other before they missed it for 4 s. Nanoseconds. */
const heardNs = 3e9;

interface Claim {
  leader: TargetNode;
  /** When it was heard of, by `performance.now()`. */
  at: number;
}

/**
 * `gone` was taken away: another is waited for.
 * @throws where none leads within 30 s, where the stream has one copy, and where it does not exist.
 */
export async function claimedLeader(target: Target, stream: string, gone?: TargetNode): Promise<Claim> {
  let found: Claim | Error | undefined;
  const hear = (answer: InfoAnswer) => {
    const name = leaderIn(answer);
    const leader = target.nodes.find((node) => node !== gone && node.name === name);
    found ??= hopeless(stream, answer) ?? (leader && { leader, at: performance.now() });
  };
  let turn = 0;
  const ask = async () => {
    const there = target.nodes.filter((node) => node.running && node !== gone);
    const heard = infoBy(target, there[turn++ % there.length]?.name, stream).then(hear);
    await Promise.race([heard.catch(() => {}), passed(askMs)]); // an answer that comes later is heard all the same
    return found;
  };
  const late = `${stream} had no ${gone ? "new " : ""}leader`;
  const claim = await until(ask, { everyMs: askMs, withinMs: electionMs, late });
  if (claim instanceof Error) throw claim;
  return claim;
}

/** What STREAM.INFO answers, as far as it tells of the leader. */
export interface InfoAnswer {
  config?: { num_replicas: number };
  cluster?: ClusterInfo;
  error?: ApiError;
}

async function infoBy(target: Target, node: string | undefined, stream: string): Promise<InfoAnswer> {
  const nc = await target.connection(node);
  return (await nc.request(`$JS.API.STREAM.INFO.${stream}`, "", { timeout: answerMs })).json<InfoAnswer>();
}

/** Who answers, if it leads and a majority went along lately. It lists all the others, so who is listed did not answer. */
export function leaderIn({ cluster }: InfoAnswer): string | undefined {
  const { leader, replicas = [] } = cluster ?? {};
  if (replicas.length === 0 || replicas.some(({ name }) => name === leader)) return undefined;
  const along = replicas.filter(({ current, offline, active }) => current && !offline && active < heardNs);
  return along.length + 1 > (replicas.length + 1) / 2 ? leader : undefined;
}

/** Waiting does not help. */
function hopeless(stream: string, { config, error }: InfoAnswer): Error | undefined {
  if (error?.err_code === JetStreamApiCodes.StreamNotFound) return new JetStreamApiError(error);
  if (config?.num_replicas !== 1) return undefined;
  return new Error(
    `${stream} has one copy, and so no leader that another could replace: it needs 3 replicas.`,
  );
}

// Fault "peer-remove": a stream loses the replica on one server, as in `nats stream cluster peer-remove`.
import { z } from "zod";
import { until } from "../common/until.js";
import { peersChanged } from "./evidence.js";
import { fault, managerOf, nodeName, stream, type Target } from "./fault.js";
import { peersOf } from "./leader.js";

/** nats-server: "peer remap failed". No other server can take the place; the replica is removed all the same. */
const noOtherServer = 10_075;

export const peerRemove = fault({
  does: "Removes the replica of a stream from a server ($JS.API.STREAM.PEER.REMOVE). Another server takes its place, if there is one without a replica. `heal` brings the number of replicas back.",
  options: z.strictObject({
    node: nodeName.default("follower").describe("The server, by its name or as `leader` or `follower`."),
    stream,
  }),
  needs: ["own-server", "three-nodes"],
  async inject(target, { node, stream }, announce) {
    const { peers: from } = await peersOf(target, stream);
    if (!from.includes(node)) throw new Error(`${stream} has no replica on ${node}, only on ${from.join(", ")}.`);
    const what = `removes the replica of ${stream} on ${node}`;
    announce(what);
    const spare = target.nodes.length > from.length;
    const removed = async () => {
      const { peers, whole } = await peersOf(target, stream);
      if (peers.includes(node)) await removePeer(target, stream, node);
      else return whole && peers.length >= from.length - (spare ? 0 : 1) && peers;
      return undefined;
    };
    const late = `${stream} was not whole without ${node}`;
    const to = await until(removed, { everyMs: pollMs, withinMs: changeMs, late });
    target.record({ type: "peers-changed", stream, from, to });
    return { what, heal: () => restoreReplicas(target, stream, from.length), bit: peersChanged };
  },
});

const pollMs = 50;
const changeMs = 30_000;
const answerMs = 5_000;

/** @throws if the servers refuse it, or do not answer. */
async function removePeer(target: Target, stream: string, peer: string): Promise<void> {
  const nc = await target.connection();
  const subject = `$JS.API.STREAM.PEER.REMOVE.${stream}`;
  const answer = await nc.request(subject, JSON.stringify({ peer }), { timeout: answerMs });
  const { error } = answer.json<{ error?: { err_code: number; description: string } }>();
  if (error && error.err_code !== noOtherServer) throw new Error(error.description);
}

/**
 * A stream with too few replicas gets no more by itself: it is scaled down to what it has, and up again. Each step waits for
 * the one before. A server that has just started counts as offline for a while, so a refused step is tried again.
 */
async function restoreReplicas(target: Target, stream: string, wanted: number): Promise<void> {
  const { peers } = await peersOf(target, stream);
  const late = `${stream} did not get its ${wanted} replicas back`;
  const options = { everyMs: pollMs, withinMs: changeMs, late };
  for (const replicas of [peers.length, wanted]) {
    const jsm = await managerOf(target);
    await until(() => jsm.streams.update(stream, { num_replicas: replicas }), options);
    const isWhole = async () => {
      const { peers, whole } = await peersOf(target, stream);
      return whole && peers.length === replicas;
    };
    await until(isWhole, options);
  }
}

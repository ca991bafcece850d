// What the request stream and its consumer say of one request: queued, delivered, or given up. The server says nothing of a single
// message; what its counts prove, and what not, was measured on 2.9.10 and 2.14.0 (docs/server-versions.md).

import { type ConsumerInfo, type JetStreamManager, RetentionPolicy, type StoredMsg } from "@nats-io/jetstream";
import { wait } from "../common/wait.js";
import { readRequest } from "../protocol/headers.js";
import { fromClientError } from "../protocol/server-error.js";
import { ackToRemovalMs } from "../protocol/server-version.js";
import { matches, responderConsumer } from "../protocol/subjects.js";
import type { Handle } from "./handle.js";
import { asMessage } from "./stored-reply.js";

interface InQueue {
  where: "queued" | "running" | "stuck" | "unknown";
  evidence: string;
}

const otherServer = "is this another server, or was its store removed?";

/** Why a handle leads nowhere here: another request has its number. */
export const anotherRequest = ({ stream, sequence }: Handle) =>
  `message ${sequence} of ${stream} is another request: ${otherServer}`;

/** Why a handle leads nowhere here: no request has had its number yet. */
export const neverThere = ({ stream, sequence }: Handle, last: number) =>
  `${stream} never had a message ${sequence} (its last is ${last}): ${otherServer}`;

/** Undefined when the message has left the stream. @throws the errors of the server. */
export async function findInQueue(jsm: JetStreamManager, handle: Handle): Promise<InQueue | undefined> {
  const { stream, sequence } = handle;
  const stored = await readMessage(jsm, handle);
  if (!stored) return undefined;
  if (!isSame(stored, handle)) {
    return { where: "unknown", evidence: anotherRequest(handle) };
  }
  const holds = `message ${sequence} is in ${stream}`;
  const info = await consumerOf(jsm, stream, stored.subject);
  if (!info || info.delivered.stream_seq < sequence) {
    return { where: "queued", evidence: `${holds}, not yet delivered to any responder` };
  }
  if (isLetGo(info, sequence)) return givenUp(jsm, handle, info, holds);
  const inHand = `${holds}, delivered to a responder and not yet acknowledged`;
  if (!someMayBeStuck(info)) return { where: "running", evidence: inHand };
  const stuck = await countStuck(jsm, stream, stored.subject);
  if (stuck === 0) return { where: "running", evidence: inHand };
  return { where: "unknown", evidence: `${holds}, delivered and not acknowledged; ${doubt(info, stuck)}` };
}

/** A stream that was deleted and made anew counts from 1 again: the id has to match, too. */
export const isSame = (stored: StoredMsg, handle: Handle) => readRequest(asMessage(stored)).id === handle.request;

/** Whether the stream holds this very request, whatever its consumer makes of it. */
export async function isInQueue(jsm: JetStreamManager, handle: Handle): Promise<boolean> {
  const stored = await readMessage(jsm, handle);
  return stored !== undefined && isSame(stored, handle);
}

/**
 * The leader is asked. A direct get may be answered by a replica that does not have a message yet, although its PubAck was sent
 * (with three copies 2 to 3 % of reads right after it), and would make a queued request `gone`. It needs no smaller permission
 * either: a read by sequence has the sequence in its payload, so who may do it may read every request.
 */
async function readMessage(jsm: JetStreamManager, { stream, sequence }: Handle): Promise<StoredMsg | undefined> {
  if (sequence === 0) return undefined;
  return (await jsm.streams.getMessage(stream, { seq: sequence })) ?? undefined;
}

/**
 * Of what it delivered, the consumer waits for no ack, or for none up to here. A request that waits to be delivered again (its
 * ack wait is over, it was given back with a delay, the consumer is paused) still counts as waiting for its ack.
 */
const isLetGo = ({ num_ack_pending, ack_floor }: ConsumerInfo, sequence: number) =>
  num_ack_pending === 0 || ack_floor.stream_seq >= sequence;

/** What the consumer waits for no longer has left the stream with its ack, or will never leave it. */
async function givenUp(
  jsm: JetStreamManager,
  handle: Handle,
  { config }: ConsumerInfo,
  holds: string,
): Promise<InQueue | undefined> {
  const { retention, num_replicas } = (await jsm.streams.info(handle.stream)).config;
  if (retention === RetentionPolicy.Limits) {
    return { where: "unknown", evidence: `${holds}, which keeps what is acknowledged, too (retention: limits)` };
  }
  if (num_replicas > 1) await wait(ackToRemovalMs);
  if (!(await isInQueue(jsm, handle))) return undefined;
  // Where the limit was taken away since, the kit's responder looks for nothing that is stuck.
  const { max_deliver = -1 } = config;
  const [max, next] =
    max_deliver > 0
      ? [` (${max_deliver})`, "; the kit's responder, when it runs, makes a dead letter of it (jsrr dead-letters)"]
      : ["", ""];
  return {
    where: "stuck",
    evidence: `${holds}, was delivered as often as max_deliver allowed${max}, and the server will not deliver it again${next}`,
  };
}

/** With more than one delivery allowed, what is stuck counts as redelivered; 2.14.0 does not count it where one is allowed. */
function someMayBeStuck({ config, num_redelivered }: ConsumerInfo): boolean {
  const { max_deliver = -1 } = config;
  return max_deliver === 1 || (max_deliver > 1 && num_redelivered > 0);
}

/** How many messages will not be delivered again; undefined when they change while they are counted. */
async function countStuck(jsm: JetStreamManager, stream: string, subject: string): Promise<number | undefined> {
  const { state: before } = await jsm.streams.info(stream);
  const info = await consumerOf(jsm, stream, subject);
  const { state: after } = await jsm.streams.info(stream);
  const still = before.messages === after.messages && before.last_seq === after.last_seq;
  if (!info || !still || after.consumer_count !== 1) return undefined;
  return Math.max(0, after.messages - info.num_pending - info.num_ack_pending);
}

function doubt({ config, num_ack_pending }: ConsumerInfo, stuck: number | undefined): string {
  const some = stuck === undefined ? "perhaps some" : stuck;
  return `acks the server still waits for: ${num_ack_pending}, requests it has given up (max_deliver: ${config.max_deliver}): ${some}; it does not say which`;
}

// The consumer that delivers a request: the kit's own, or the one that a team gave another name.

/** Undefined where no consumer takes this subject. Of a work queue no two take the same. */
async function consumerOf(jsm: JetStreamManager, stream: string, subject: string): Promise<ConsumerInfo | undefined> {
  const own = await ownConsumer(jsm, stream);
  if (own && takes(own, subject)) return own;
  return (await jsm.consumers.list(stream).next()).find((info) => takes(info, subject));
}

/** The last sequence that any consumer of the queue has delivered: of a message whose subject is not known any more. */
export async function lastDelivered(jsm: JetStreamManager, stream: string): Promise<number> {
  const own = await ownConsumer(jsm, stream);
  if (own) return own.delivered.stream_seq;
  const others = await jsm.consumers.list(stream).next();
  return Math.max(0, ...others.map((info) => info.delivered.stream_seq));
}

async function ownConsumer(jsm: JetStreamManager, stream: string): Promise<ConsumerInfo | undefined> {
  try {
    return await jsm.consumers.info(stream, responderConsumer);
  } catch (error) {
    const known = fromClientError(`consumer ${responderConsumer}`, error);
    if (known.code !== "not-set-up") throw known;
    return undefined;
  }
}

function takes({ config }: ConsumerInfo, subject: string): boolean {
  const { filter_subject, filter_subjects = filter_subject ? [filter_subject] : [">"] } = config;
  return filter_subjects.some((filter) => matches(filter.split("."), subject.split(".")));
}

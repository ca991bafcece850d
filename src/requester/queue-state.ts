// What the request stream and its consumer say of one request: queued, delivered, or given up. The server says nothing of a single
// message; what its counts prove, and what not, was measured on 2.9.10 and 2.14.0 (docs/server-versions.md).

import { type ConsumerInfo, type JetStreamManager, RetentionPolicy, type StoredMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { wait } from "../common/wait.js";
import { readRequest } from "../protocol/headers.js";
import { fromClientError } from "../protocol/server-error.js";
import { ackToRemovalMs } from "../protocol/server-version.js";
import { filtersOf, filtersOverlap, includes, matches } from "../protocol/subject-patterns.js";
import { type QueueNames, sharedKey } from "../protocol/subjects.js";
import { answeredAt, nanoseconds, whyUnproven } from "./delivery-proof.js";
import type { Handle } from "./handle.js";
import { dueAt, scheduledTime } from "./schedule.js";
import { asMessage } from "./stored-reply.js";

export interface InQueue {
  where: "scheduled" | "queued" | "running" | "stuck" | "unknown";
  evidence: string;
  /** Whether the consumer has come to it, as far as its server knows. */
  delivered: boolean;
  /** Why "not delivered" proves nothing; undefined if it is proven. */
  doubt: string | undefined;
  stored: StoredMsg;
  /** The consumer that delivers it; undefined if none takes its subject. */
  consumer: ConsumerInfo | undefined;
}

const otherServer = "is this another server, or was its store removed?";

/** Why a handle leads nowhere here: another request has its number. */
export const anotherRequest = ({ stream, sequence }: Handle) =>
  `message ${sequence} of ${stream} is another request: ${otherServer}`;

/** Why a handle leads nowhere here: no request has had its number yet. */
export const neverThere = ({ stream, sequence }: Handle, last: number) =>
  `${stream} never had a message ${sequence} (its last is ${last}): ${otherServer}`;

/** Undefined when the message has left the stream. @throws the errors of the server. */
export async function findInQueue(
  nc: NatsConnection,
  jsm: JetStreamManager,
  names: QueueNames,
  handle: Handle,
): Promise<InQueue | undefined> {
  const { stream, sequence } = handle;
  const stored = await readMessage(jsm, handle);
  if (!stored) return undefined;
  const info = isSame(stored, handle) ? await consumerOf(jsm, names, stream, stored.subject) : undefined;
  const found = { stored, consumer: info, delivered: true, doubt: undefined };
  const state = (where: InQueue["where"], evidence: string): InQueue => ({ ...found, where, evidence });
  if (!isSame(stored, handle)) return state("unknown", anotherRequest(handle));
  const at = stored.subject.startsWith(names.schedulePrefix) ? scheduledTime(stored) : undefined;
  if (at !== undefined) {
    return { ...state("scheduled", dueAt(stream, { scheduled: stored, at })), delivered: false };
  }
  const holds = `message ${sequence} is in ${stream}`;
  if (!info) {
    const doubt = "a consumer that was removed may have delivered it";
    const evidence = `${holds}, and ${await whyNoConsumer(jsm, names, stored.subject, stream)}; ${doubt}`;
    return { ...state("queued", evidence), delivered: false, doubt };
  }
  if (info.delivered.stream_seq < sequence) {
    const doubt = await whyUnproven(nc, jsm, info, nanoseconds(stored.timestamp));
    const evidence = queuedEvidence(holds, info, names, doubt, whetherExpired(stored, info));
    return { ...state("queued", evidence), delivered: false, doubt };
  }
  if (isLetGo(info, sequence)) {
    const letGo = await givenUp(jsm, handle, info, holds);
    return letGo && state(letGo.where, letGo.evidence);
  }
  const inHand = inHandEvidence(holds, info);
  if (!someMayBeStuck(info)) return state("running", inHand);
  const stuck = await countStuck(jsm, names, stream, stored.subject);
  if (stuck === 0) return state("running", inHand);
  return state("unknown", `${holds}, delivered and not acknowledged; ${doubt(info, stuck)}`);
}

/** `holds`: that the stream holds the message. `doubt`: why "not delivered" proves nothing. */
export function queuedEvidence(
  holds: string,
  info: ConsumerInfo,
  names: QueueNames,
  doubt: string | undefined,
  expired = "",
): string {
  const why = `${whyWaiting(info, names)}${expired}`;
  return doubt
    ? `${holds} and waits for its delivery${why}; whether a responder received it before is unknown: ${doubt}`
    : `${holds}, not yet delivered to any responder${why}`;
}

export const inHandEvidence = (holds: string, info: ConsumerInfo) =>
  `${holds}, delivered to a responder and not yet acknowledged${whyPaused(info)}${whetherShared(info)}${whyAgain(info)}`;

/** The server does not say which requests it delivered again, nor why: a handler that computes sends no sign of progress. */
function whyAgain({ config, num_redelivered }: ConsumerInfo): string {
  if (num_redelivered === 0) return "";
  const ackWait = `ack_wait (${(config.ack_wait ?? 30e9) / 1e9} s)`;
  return `; ${requests(num_redelivered)} in hand delivered more than once: after a retry, by a responder that ended, or while a handler computed for longer than ${ackWait} without inProgress()`;
}

/** Why the consumer has not delivered it; empty if it may do so at any moment. */
function whyWaiting(info: ConsumerInfo, { consumer: ordinary }: QueueNames): string {
  const { config, num_ack_pending, num_waiting } = info;
  const paused = whyPaused(info);
  if (paused) return paused;
  const { max_ack_pending = -1 } = config;
  if (max_ack_pending > 0 && num_ack_pending >= max_ack_pending) {
    return `: max_ack_pending (${max_ack_pending}) of consumer ${info.name} is reached by requests that a responder works on or that wait for their retry`;
  }
  if (num_waiting > 0) return "";
  const from = info.name === ordinary ? "" : ` from consumer ${info.name}`;
  return num_ack_pending > 0
    ? `: no responder pulls${from}; responders may be at work on ${requests(num_ack_pending)}, or have ended`
    : `: no responder pulls${from}`;
}

/** Empty if the request has no deadline, or the server does not say its time (before nats-server 2.10). */
function whetherExpired(stored: StoredMsg, info: ConsumerInfo): string {
  const { timeoutMs } = readRequest(asMessage(stored));
  const now = answeredAt(info);
  if (timeoutMs === undefined || now === undefined) return "";
  if (now < nanoseconds(stored.timestamp) + BigInt(timeoutMs) * 1_000_000n) return "";
  return "; its time is over, and the next responder to receive it stores the status expired";
}

const requests = (count: number) => `${count} ${count === 1 ? "request" : "requests"}`;

function whyPaused({ config, name, ...info }: ConsumerInfo): string {
  const { paused } = info as { paused?: boolean }; // nats-server 2.11
  return paused ? `: consumer ${name} is paused until ${config.pause_until}` : "";
}

const whetherShared = ({ config, name }: ConsumerInfo): string =>
  config.metadata?.[sharedKey] === "true"
    ? `; consumer ${name} is shared by responders with different handlers, so it may also wait for one that has a handler`
    : "";

async function whyNoConsumer(
  jsm: JetStreamManager,
  names: QueueNames,
  subject: string,
  stream: string,
): Promise<string> {
  const consumers = await responderConsumers(jsm, stream);
  if (consumers.length === 0)
    return `${stream} has no consumer that responders could pull from: run ${names.setupAdvice()}`;
  const others = consumers.map(({ name }) => name).join(", ");
  return `no consumer of ${stream} takes its subject ${subject} (there is ${others})`;
}

/** A stream that was deleted and made anew counts from 1 again: the id has to match, too. */
export const isSame = (stored: StoredMsg, { request }: Pick<Handle, "request">) =>
  readRequest(asMessage(stored)).id === request;

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
export const isLetGo = ({ num_ack_pending, ack_floor }: ConsumerInfo, sequence: number) =>
  num_ack_pending === 0 || ack_floor.stream_seq >= sequence;

/** What the consumer waits for no longer has left the stream with its ack, or will never leave it. */
async function givenUp(
  jsm: JetStreamManager,
  handle: Handle,
  { config }: ConsumerInfo,
  holds: string,
): Promise<Pick<InQueue, "where" | "evidence"> | undefined> {
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
export function someMayBeStuck({ config, num_redelivered }: ConsumerInfo): boolean {
  const { max_deliver = -1 } = config;
  return max_deliver === 1 || (max_deliver > 1 && num_redelivered > 0);
}

/** How many messages will not be delivered again; undefined when they change while they are counted. */
async function countStuck(
  jsm: JetStreamManager,
  names: QueueNames,
  stream: string,
  subject: string,
): Promise<number | undefined> {
  const { state: before } = await jsm.streams.info(stream);
  const info = await consumerOf(jsm, names, stream, subject);
  if (!info) return undefined;
  const alone = before.consumer_count === 1 || !(await hasRival(jsm, stream, info));
  const held = await countHeld(jsm, stream, info);
  const { state: after } = await jsm.streams.info(stream);
  const still = before.messages === after.messages && before.last_seq === after.last_seq;
  if (!alone || !still) return undefined;
  return Math.max(0, held - info.num_pending - info.num_ack_pending);
}

/** Whether another consumer takes messages of this one: a mirror, or what an interest stream allows. */
async function hasRival(jsm: JetStreamManager, stream: string, info: ConsumerInfo): Promise<boolean> {
  const others = (await jsm.consumers.list(stream).next()).filter(({ name }) => name !== info.name);
  return others.some((other) => filtersOverlap(other.config, info.config));
}

/** The messages that the consumer takes, delivered or not. */
async function countHeld(jsm: JetStreamManager, stream: string, info: ConsumerInfo): Promise<number> {
  let held = 0;
  for (const filter of filtersOf(info.config)) {
    const { state } = await jsm.streams.info(stream, { subjects_filter: filter });
    for (const count of Object.values(state.subjects ?? {})) held += count;
  }
  return held;
}

function doubt({ config, num_ack_pending }: ConsumerInfo, stuck: number | undefined): string {
  const some = stuck === undefined ? "perhaps some" : stuck;
  return `acks the server still waits for: ${num_ack_pending}, requests it has given up (max_deliver: ${config.max_deliver}): ${some}; it does not say which`;
}

// The consumer that delivers a request: the kit's own, or the one that a team gave another name.

/** Undefined where no consumer takes this subject. Of a work queue no two take the same. */
export async function consumerOf(
  jsm: JetStreamManager,
  names: QueueNames,
  stream: string,
  subject: string,
): Promise<ConsumerInfo | undefined> {
  const own = await ownConsumer(jsm, names, stream);
  if (own && takes(own, subject)) return own;
  return (await responderConsumers(jsm, stream)).find((info) => takes(info, subject));
}

/** Each consumer that may have delivered a message whose subject is not known any more. Of a work queue no two take the same. */
export async function consumersOf(jsm: JetStreamManager, names: QueueNames, stream: string): Promise<ConsumerInfo[]> {
  const own = await ownConsumer(jsm, names, stream);
  const all = [...names.requestPrefix.slice(0, -1).split("."), ">"];
  const takesAll = own && filtersOf(own.config).some((filter) => includes(filter.split("."), all));
  return takesAll ? [own] : responderConsumers(jsm, stream);
}

/** A mirror or a source of the queue shows as a consumer, too, and takes each message. */
const isCopy = ({ name }: ConsumerInfo) => /^JS_(MIRROR|SRC)_/.test(name);

const responderConsumers = async (jsm: JetStreamManager, stream: string): Promise<ConsumerInfo[]> =>
  (await jsm.consumers.list(stream).next()).filter((info) => !isCopy(info));

async function ownConsumer(
  jsm: JetStreamManager,
  { consumer }: QueueNames,
  stream: string,
): Promise<ConsumerInfo | undefined> {
  try {
    return await jsm.consumers.info(stream, consumer);
  } catch (error) {
    const known = fromClientError(`consumer ${consumer}`, error);
    if (known.code !== "not-set-up") throw known;
    return undefined;
  }
}

const takes = (info: ConsumerInfo, subject: string): boolean =>
  filtersOf(info.config).some((filter) => matches(filter.split("."), subject.split(".")));

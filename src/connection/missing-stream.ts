// Missing stream: asks the server why no stream takes a message (status 503), for a moment or until its setup is changed.
import type { NatsConnection } from "@nats-io/nats-core";
import { JetStreamUnavailableError, type KitError, NotPermittedError, NotSetUpError } from "../protocol/errors.js";
import { noStreamTakes } from "../protocol/pub-ack.js";
import { fromClientError } from "../protocol/server-error.js";
import { matches } from "../protocol/subject-patterns.js";
import type { QueueNames } from "../protocol/subjects.js";
import { answerMs } from "./flush.js";
import { jetStreamManager } from "./jetstream.js";

/** Why a message on a subject is not stored; undefined if the stream may take it later. */
export type Refusal = (subject: string) => KitError | undefined;

/**
 * - The stream does not exist, or has other subjects → `NotSetUpError`.
 * - Nothing answers JetStream requests, or the account may not ask, and the server has no cluster → the stream is rather absent than
 *   without a leader, unless it has confirmed a message before.
 * - No answer, or another error → it may pass.
 *
 * Never rejects.
 */
export async function askForStream(
  nc: NatsConnection,
  names: QueueNames,
  stream: string,
  confirmedBefore = false,
): Promise<Refusal> {
  try {
    return refusalOf(stream, await subjectsOf(nc, names, stream));
  } catch (error) {
    const known = fromClientError(`stream ${stream}`, error, names);
    if (known instanceof NotSetUpError) return (subject) => notTaken(subject, known.message);
    if (confirmedBefore) return mayPass;
    if (known instanceof JetStreamUnavailableError) {
      return (subject) => new JetStreamUnavailableError(`No stream takes ${subject}: ${known.message}`);
    }
    const isLost = known instanceof NotPermittedError && nc.info?.cluster === undefined;
    return isLost ? (subject) => noStreamTakes(subject) : mayPass;
  }
}

/** Of the request stream; undefined if it takes every request of the queue, or if the server does not say what it takes. Never rejects. */
export async function requestRefusal(nc: NatsConnection, names: QueueNames): Promise<Refusal | undefined> {
  const subjects = await subjectsOf(nc, names, names.requestStream).catch(() => undefined);
  if (subjects === undefined || subjects.includes(`${names.requestPrefix}>`)) return undefined;
  return refusalOf(names.requestStream, subjects);
}

/** A mirror has none. */
async function subjectsOf(nc: NatsConnection, names: QueueNames, stream: string): Promise<string[]> {
  const jsm = await jetStreamManager(nc, names, answerMs);
  return (await jsm.streams.info(stream)).config.subjects ?? [];
}

function refusalOf(stream: string, subjects: readonly string[]): Refusal {
  const patterns = subjects.map((subject) => subject.split("."));
  const taken = subjects.length > 0 ? `${subjects.join(", ")} only` : "no subjects";
  return (subject) => {
    const tokens = subject.split(".");
    if (patterns.some((pattern) => matches(pattern, tokens))) return undefined;
    return notTaken(subject, `${stream} takes ${taken}; nothing was stored.`);
  };
}

const mayPass: Refusal = () => undefined;

const notTaken = (subject: string, why: string) => new NotSetUpError(`No stream takes ${subject}: ${why}`);

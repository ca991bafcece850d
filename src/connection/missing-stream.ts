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
    const jsm = await jetStreamManager(nc, names, answerMs);
    // A mirror has no subjects.
    const { subjects = [] } = (await jsm.streams.info(stream)).config;
    const takes = (subject: string) => subjects.some((one) => matches(one.split("."), subject.split(".")));
    const taken = subjects.length > 0 ? `${subjects.join(", ")} only` : "no subjects";
    return (subject) =>
      takes(subject) ? undefined : notTaken(subject, `${stream} takes ${taken}; nothing was stored.`);
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

const mayPass: Refusal = () => undefined;

const notTaken = (subject: string, why: string) => new NotSetUpError(`No stream takes ${subject}: ${why}`);

// The consumer that delivers a request: the kit's own, or the one that a team gave another name.
import type { ConsumerInfo, JetStreamManager } from "@nats-io/jetstream";
import { responderConsumer } from "../protocol/names.js";
import { fromClientError } from "../protocol/server-error.js";
import { matches } from "../protocol/subject-patterns.js";

/** Undefined where no consumer takes this subject. Of a work queue no two take the same. */
export async function consumerOf(
  jsm: JetStreamManager,
  stream: string,
  subject: string,
): Promise<ConsumerInfo | undefined> {
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
    const told = fromClientError(`consumer ${responderConsumer}`, error);
    if (told.code !== "not-set-up") throw told;
    return undefined;
  }
}

function takes({ config }: ConsumerInfo, subject: string): boolean {
  const { filter_subject, filter_subjects = filter_subject ? [filter_subject] : [">"] } = config;
  return filter_subjects.some((filter) => matches(filter.split("."), subject.split(".")));
}

// Waits until the streams of a run, and its consumer, answer again after their servers were away: until each has a leader.
import type { JetStreamManager } from "@nats-io/jetstream";
import { requestStream, responderConsumer } from "../protocol/names.js";
import { orGone } from "./gone.js";

/** No event tells that a leader was elected while the laboratory was cut off, so they are asked. */
const pollMs = 50;
const answerMs = 30_000;

/** @throws where one does not within 30 s, with its last words. */
export async function streamsAnswer(jsm: JetStreamManager, streams: readonly string[]): Promise<void> {
  const deadline = performance.now() + answerMs;
  const asked = streams.map((stream) => () => jsm.streams.info(stream));
  const consumer = () => jsm.consumers.info(requestStream, responderConsumer);
  for (const ask of streams.includes(requestStream) ? [...asked, consumer] : asked) {
    while (!(await answers(ask, deadline))) await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

type Ask = () => Promise<{ cluster?: { leader?: string } }>;

async function answers(ask: Ask, deadline: number): Promise<boolean> {
  try {
    const info = await orGone(ask(), undefined);
    if (info?.cluster === undefined || info.cluster.leader) return true;
  } catch (error) {
    if (performance.now() > deadline) throw error;
  }
  return false;
}

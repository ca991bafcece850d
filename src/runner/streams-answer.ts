// Waits until the streams of a run, and its consumer, answer again after their servers were away: until each has a leader, and
// in a cluster until all servers agree on it.
import type { JetStreamManager } from "@nats-io/jetstream";
import { requestStream, responderConsumer } from "../protocol/names.js";
import { orGone } from "../server/gone.js";
import { until } from "../time/until.js";

/** No event tells that a leader was elected while the laboratory was cut off, so they are asked. */
const pollMs = 50;
const answerMs = 30_000;
/**
 * A leader that was frozen still believes that it leads, and says so, until its first heartbeat is answered; then it has no
 * leader until it hears the new one's. Both come once a second (nats-server raft.go, hbInterval).
 */
const heartbeatsMs = 1_500;

interface Group {
  leader?: string;
  replicas?: { current: boolean }[];
}

/** @throws where one does not within 30 s, with its last words; the signal's reason when it breaks the run off. */
export async function streamsAnswer(
  jsm: JetStreamManager,
  streams: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const asked: Ask[] = streams.map((stream) => () => jsm.streams.info(stream));
  if (streams.includes(requestStream)) asked.push(() => jsm.consumers.info(requestStream, responderConsumer));
  let leaders: string | undefined;
  let since = 0;
  const agreed = async () => {
    const before = leaders;
    leaders = undefined; // also where one does not answer
    leaders = await leadersOf(asked);
    if (leaders === "") return true; // one copy of each has nobody to agree with
    if (leaders !== before) since = performance.now();
    return leaders !== undefined && performance.now() - since >= heartbeatsMs;
  };
  const late = "The servers did not agree on their leaders";
  await until(agreed, { everyMs: pollMs, withinMs: answerMs, late, signal });
}

type Ask = () => Promise<{ cluster?: Group }>;

/** Undefined while one has no leader, or a copy is behind; empty where nothing is replicated. */
async function leadersOf(asked: readonly Ask[]): Promise<string | undefined> {
  const infos = await Promise.all(asked.map((ask) => orGone(ask(), undefined)));
  const groups = infos.flatMap((info) => info?.cluster ?? []);
  if (groups.every(({ replicas }) => !replicas?.length)) return "";
  const whole = groups.every(
    ({ leader, replicas = [] }) => leader && replicas.every(({ current }) => current),
  );
  return whole ? groups.map(({ leader }) => leader).join(" ") : undefined;
}

// Schedule: a request that the server puts into the queue later (ADR-51), and what became of it.
import type { JetStreamManager, StoredMsg, StreamInfo } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { jetStreamManager, nextMessage } from "../connection/jetstream.js";
import { InvalidInputError, NoAnswerError, NotPermittedError, NotSetUpError } from "../protocol/errors.js";
import { readRequest } from "../protocol/headers.js";
import { fromClientError } from "../protocol/server-error.js";
import { requireFeature } from "../protocol/server-version.js";
import { header, type QueueNames } from "../protocol/subjects.js";
import type { Handle } from "./handle.js";
import { asMessage } from "./stored-reply.js";

/** When `requester.send` has the server put the request into the queue. */
export interface ScheduleOptions {
  /** At this time, by the server's clock. Not together with `delayMs`. Needs `setup` with `schedules`, and nats-server 2.12. */
  at?: Date;
  /** So many milliseconds from now, by the server's clock. */
  delayMs?: number;
}

/** The server counts in nanoseconds of 64 bits: a later time would be in the past for it, and the request would be due at once. */
const latestMs = Date.UTC(2262, 0, 1);

/** Milliseconds to wait for what the stream says before a schedule is published. */
const longestQuestionMs = 5_000;

/** Requests that are searched for one that was scheduled, from its time on. */
const mostSearched = 1_000;

/** Milliseconds by which the clocks of two servers of a cluster may differ. */
const clusterClockMs = 1_000;

/** A schedule, before it is published. */
export interface Schedule {
  /** Milliseconds since the epoch. */
  at: number;
  /** One schedule for each request: a second message there would replace it. */
  subject: string;
  headers: [name: string, value: string][];
}

/** @throws InvalidInputError if both `at` and `delayMs` are set, or if one is invalid. */
export function requireScheduleOptions({ at, delayMs }: ScheduleOptions): void {
  if (at !== undefined && delayMs !== undefined) throw new InvalidInputError("Expected `at` or `delayMs`, got both.");
  if (at !== undefined && !(at instanceof Date && Number.isFinite(at.getTime()))) {
    throw new InvalidInputError(`Expected at to be a Date, got ${String(at)}.`);
  }
  if (delayMs !== undefined && !(Number.isFinite(delayMs) && delayMs > 0)) {
    throw new InvalidInputError(`Expected delayMs to be a number of milliseconds above 0, got ${delayMs}.`);
  }
}

/**
 * Asks the stream whether it takes schedules, how long it keeps a message, and for the time of its server. An account that may not ask
 * goes by its own clock, and the server refuses what the stream does not take.
 * @throws ServerTooOldError before nats-server 2.12; NotSetUpError when the stream takes no schedules; InvalidInputError for a time
 * that has passed, or at which the stream would have removed the schedule; NoAnswerError after `timeoutMs`, at most 5 s.
 */
export async function scheduleFor(
  nc: NatsConnection,
  names: QueueNames,
  { requester, request, target }: { requester: string; request: string; target: string },
  options: ScheduleOptions,
  timeoutMs: number,
): Promise<Schedule> {
  requireFeature(nc, "message-schedules", "A request for later (`at`, `delayMs`)");
  const info = await streamInfo(nc, names, Math.min(timeoutMs, longestQuestionMs));
  const nowMs = serverTime(info) ?? Date.now();
  const at = Math.round(options.at?.getTime() ?? nowMs + (options.delayMs as number));
  const maxAgeMs = (info?.config.max_age ?? 0) / 1e6;
  if (info && info.config.allow_msg_schedules !== true) throw noSchedules(names);
  requireTime(at, nowMs, maxAgeMs, names);
  return {
    at,
    subject: names.scheduleSubject(requester, request),
    headers: [
      [header.requestId, request],
      [header.schedule, `@at ${new Date(at).toISOString()}`],
      [header.scheduleTarget, target],
    ],
  };
}

const noSchedules = (names: QueueNames) =>
  new NotSetUpError(
    `${names.requestStream} takes no requests for later: run ${names.setupAdvice("--schedules --update")}; nothing was stored.`,
  );

function requireTime(at: number, nowMs: number, maxAgeMs: number, { requestStream }: QueueNames): void {
  const time = (ms: number) => new Date(ms).toISOString();
  if (at <= nowMs) {
    throw new InvalidInputError(`Expected a time in the future, got ${time(at)}: it is ${time(nowMs)} now.`);
  }
  if (at >= latestMs) {
    throw new InvalidInputError(`Expected a time before ${time(latestMs)} (a nats-server limit), got ${time(at)}.`);
  }
  if (maxAgeMs > 0 && at - nowMs >= maxAgeMs) {
    throw new InvalidInputError(
      `Expected a time before ${time(nowMs + maxAgeMs)}, got ${time(at)}: ${requestStream} removes what is older than ${maxAgeMs} ms (max_age).`,
    );
  }
}

async function streamInfo(nc: NatsConnection, names: QueueNames, timeoutMs: number): Promise<StreamInfo | undefined> {
  const jsm = await jetStreamManager(nc, names, timeoutMs);
  return jsm.streams.info(names.requestStream).catch((error) => {
    const known = fromClientError(`stream ${names.requestStream}`, error, names);
    if (known instanceof NotPermittedError) return undefined;
    throw known;
  });
}

/** Milliseconds since the epoch. */
function serverTime(info: StreamInfo | undefined): number | undefined {
  const { ts } = (info ?? {}) as { ts?: string };
  return ts ? Date.parse(ts) : undefined;
}

// What became of a schedule.

/** The schedule, or the request that it became; undefined when the stream holds neither. */
type FoundSchedule =
  | { scheduled: StoredMsg; at: number; nowMs: number }
  | { scheduled?: undefined; request: Handle }
  | undefined;

/** The search ended before it came to the end of the queue. */
const notSearched = (stream: string) =>
  new NoAnswerError(`Among the first ${mostSearched} requests of ${stream} from its time on it was not found.`);

/** @throws the errors of the server; NoAnswerError when many requests are behind it in the queue, and it is not among the first. */
export async function findSchedule(
  jsm: JetStreamManager,
  names: QueueNames,
  handle: Handle & { at: number },
): Promise<FoundSchedule> {
  const { requester, request, stream } = handle;
  const subject = names.scheduleSubject(requester, request);
  const [stored, info] = await Promise.all([
    jsm.streams.getMessage(stream, { last_by_subj: subject }),
    jsm.streams.info(stream),
  ]);
  if (stored)
    return { scheduled: stored, at: scheduledTime(stored) ?? handle.at, nowMs: serverTime(info) ?? Date.now() };
  const sequence = await findDue(jsm, names, handle, info.state.last_seq);
  return sequence === undefined ? undefined : { request: { ...handle, sequence, at: undefined } };
}

/** In words. */
export const dueAt = (stream: string, { scheduled, at }: { scheduled: StoredMsg; at: number }) =>
  `message ${scheduled.seq} of ${stream} is its schedule: the server puts the request into the queue at ${new Date(at).toISOString()}`;

/** Milliseconds since the epoch; undefined for a message that is no schedule. */
export function scheduledTime({ header: headers }: StoredMsg): number | undefined {
  const time = Date.parse(headers.get(header.schedule).replace("@at ", ""));
  return Number.isNaN(time) ? undefined : time;
}

/** The sequence of the request. Sequences and times rise together, so the search begins at the time when it was due. */
async function findDue(
  jsm: JetStreamManager,
  names: QueueNames,
  { stream, sequence, at, request }: Handle & { at: number },
  last: number,
): Promise<number | undefined> {
  const next = (seq: number) => nextMessage(jsm, stream, `${names.requestPrefix}>`, seq);
  let [low, high] = [sequence + 1, last + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const stored = await next(middle);
    if (stored && stored.time.getTime() < at - clusterClockMs) low = stored.seq + 1;
    else high = middle;
  }
  for (let [seq, n] = [low, 0]; n < mostSearched; n++) {
    const stored = await next(seq);
    if (!stored) return undefined;
    if (readRequest(asMessage(stored)).id === request) return stored.seq;
    seq = stored.seq + 1;
  }
  throw notSearched(stream);
}

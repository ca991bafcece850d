// The build stage: turns the data of a valid file into the scenario of a run, with milliseconds for durations.
import { toMs } from "../common/duration.js";
import { namesOfNodes } from "../common/node-names.js";
import { parseAnchor } from "./anchor.js";
import type { Path } from "./diagnostic.js";
import { optionalMs } from "./fields.js";
import {
  type ConsumerSettings,
  type CrashPoint,
  isOwnCrashPoint,
  type OtherConsumer,
  type OtherStream,
  type Requirements,
  type ResponderSettings,
  type Scenario,
  type ServerSettings,
  type Step,
  type StreamSettings,
  type WireCrashPoint,
} from "./model.js";
import { queuesOf } from "./queues.js";
import { chosenCheck, type ScenarioFile, type StepFile, stepDefinition, stepKinds } from "./schema.js";
import type { RequesterFile, ResponderFile, ServiceFile } from "./schema-actors.js";
import type { ConsumerFile, ServerFile, SetupFile } from "./schema-server.js";
import type { OtherStreamFile } from "./schema-streams.js";
import { buildExpectations } from "./steps/expect.js";

/** What the scenario keeps of its document. */
interface Source extends Pick<Scenario, "file" | "text"> {
  /** The line of a path in the text, from 1. */
  lineOf(path: Path): number;
}

/** How long `after` and `eventually` wait by default. */
const defaultWithinMs = 10_000;

export function buildScenario(data: ScenarioFile, source: Source): Scenario {
  const builder = { source, senders: new Map(sendersOf(data.timeline)) };
  return {
    name: data.scenario,
    question: data.question.trim(),
    answer: data.answer.trim(),
    file: source.file,
    text: source.text,
    seed: data.seed,
    requires: requirements(data.requires),
    server: serverOf(data.server),
    setup: data.setup === "none" ? undefined : streams(data.setup),
    queues: queuesOf(data.queue, [...Object.values(data.requesters), ...Object.values(data.responders)]),
    streams: each(data.streams, otherStreamOf),
    requesters: each(data.requesters, (requester) => ({ queue: data.queue, ...requesterOf(requester) })),
    responders: each(data.responders, (responder) => ({ queue: data.queue, ...responderOf(responder) })),
    services: each(data.services, serviceOf),
    timeline: stepsOf(data.timeline, ["timeline"], builder),
    sweep: Object.entries(data.sweep ?? {}).map(([path, values]) => ({ path, values })),
    repeat: data.repeat,
    thresholds: buildExpectations(data.thresholds ?? {}, (key) => source.lineOf(["thresholds", ...key])),
    check: data.check.map(chosenCheck),
    expected: data.expected,
  };
}

const each = <A, B>(record: Record<string, A>, change: (a: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

/** `>=2.11` means `2.11.0`. */
function requirements({ server, ...rest }: ScenarioFile["requires"]): Requirements {
  const numbers = server?.replace(/^>=\s*/, "").split(".");
  return { ...rest, server: numbers && [...numbers, "0"].slice(0, 3).join(".") };
}

const streams = (setup: Exclude<SetupFile, "none">): StreamSettings => ({
  storage: setup.storage,
  replicas: setup.replicas,
  ackWaitMs: toMs(setup.ack_wait),
  maxDeliver: setup.max_deliver,
  discard: setup.discard,
  duplicateWindowMs: optionalMs(setup.duplicate_window),
  maxRequests: setup.max_requests,
  requestAgeMs: optionalMs(setup.request_age),
  maxAckPending: setup.max_ack_pending,
  consumers: setup.consumers && each(setup.consumers, consumerOf),
  shared: setup.shared,
  schedules: setup.schedules,
});

const consumerOf = ({ subjects, ack_wait, max_deliver, max_ack_pending }: ConsumerFile): ConsumerSettings => ({
  subjects,
  ackWaitMs: optionalMs(ack_wait),
  maxDeliver: max_deliver,
  maxAckPending: max_ack_pending,
});

const otherStreamOf = (stream: OtherStreamFile): OtherStream => ({
  subjects: stream.subjects,
  mirror: stream.mirror,
  sources: stream.sources,
  storage: stream.storage,
  replicas: stream.replicas,
  retention: stream.retention,
  maxMessages: stream.max_msgs,
  maxBytes: stream.max_bytes,
  maxPerSubject: stream.max_msgs_per_subject,
  maxAgeMs: optionalMs(stream.max_age),
  discard: stream.discard,
  duplicateWindowMs: optionalMs(stream.duplicate_window),
  consumers: each(stream.consumers, otherConsumerOf),
});

const otherConsumerOf = (consumer: OtherStreamFile["consumers"][string]): OtherConsumer => ({
  filter: consumer.filter,
  ack: consumer.ack,
  ackWaitMs: toMs(consumer.ack_wait),
  maxDeliver: consumer.max_deliver,
  maxAckPending: consumer.max_ack_pending,
});

const serverOf = ({ nodes, version, sync_interval, limits }: ServerFile): ServerSettings => ({
  nodes,
  versions:
    typeof version === "string" ? Object.fromEntries(namesOfNodes(nodes).map((node) => [node, version])) : version,
  syncInterval: sync_interval,
  maxFileStore: limits.file,
  maxMemory: limits.memory,
});

const requesterOf = ({ timeout, on_timeout, max_outstanding, max_waiting, ...same }: RequesterFile) => ({
  ...same,
  timeoutMs: toMs(timeout),
  onTimeout: on_timeout,
  maxOutstanding: max_outstanding,
  maxWaiting: max_waiting,
});

function responderOf(responder: ResponderFile): ResponderSettings {
  const { work, max_attempts, retry, ack_delay, allow_reply_to, crash, ...same } = responder;
  // A responder of the kit kills itself at those of its own points, without a link.
  const own = responder.kind !== "external" && crash !== undefined && isOwnCrashPoint(crash);
  return {
    ...same,
    crash: own ? (crash as CrashPoint) : undefined,
    wireCrash: own ? undefined : (crash as WireCrashPoint | undefined),
    workMs: optionalMs(work),
    maxAttempts: max_attempts,
    retry: retry && { firstMs: optionalMs(retry.first), mostMs: optionalMs(retry.most) },
    ackDelayMs: ack_delay === "none" ? 0 : optionalMs(ack_delay),
    replyAddresses: allow_reply_to && { allow: allow_reply_to },
  };
}

const serviceOf = ({ work, ...same }: ServiceFile) => ({ ...same, workMs: optionalMs(work) });

interface Builder {
  source: Source;
  /** The requester of each request. */
  senders: Map<string, string>;
}

/** Builds the steps that stand at `path` of the file. */
const stepsOf = (files: readonly StepFile[], path: Path, builder: Builder): Step[] =>
  files.map((file, i) => stepOf(file, [...path, i], builder));

function stepOf(step: StepFile, path: Path, builder: Builder): Step {
  const kind = stepKinds.find((name) => step[name] !== undefined);
  if (kind === undefined) throw new Error("a step that does nothing passed validation");
  const below = [...path, kind];
  return {
    line: builder.source.lineOf(path),
    atMs: optionalMs(step.at),
    after: step.after === undefined ? undefined : parseAnchor(step.after),
    atLatestMs: optionalMs(step.at_latest),
    withinMs: optionalMs(step.within) ?? defaultWithinMs,
    ...stepDefinition(kind).build(step[kind], {
      senders: builder.senders,
      lineOf: (key) => builder.source.lineOf([...below, ...key]),
      steps: (inner, key) => stepsOf(inner as StepFile[], [...below, ...key], builder),
    }),
  };
}

/** The requester of each request, also of those in steps inside a step. */
function sendersOf(steps: readonly StepFile[]): [string, string][] {
  return steps.flatMap(({ request, send, together, repeat }) => {
    const inside = sendersOf([...(together ?? []), ...(repeat?.steps ?? [])]);
    const sent = request ?? send;
    return sent ? [[sent.as, sent.from], ...inside] : inside;
  });
}

// Differences between a server and a plan: found field by field, described for an operator.

import type { ConsumerConfig, ConsumerInfo, JetStreamManager, StreamInfo } from "@nats-io/jetstream";
import { wait } from "../common/wait.js";
import { NotPermittedError, NotSetUpError } from "../protocol/errors.js";
import { fromClientError } from "../protocol/server-error.js";
import { filtersOf, filtersOverlap } from "../protocol/subject-patterns.js";
import { type ConsumerPlan, isOfSetup } from "./consumers.js";
import type { SetupPlan, StreamPlan } from "./plan.js";

export interface Difference {
  /** The server's own name of the field, e.g. `retention`. */
  field: string;
  actual: unknown;
  wanted: unknown;
}

/** Only the fields the plan names count: the server fills in many more. */
export function differences(wanted: object, actual: object): Difference[] {
  const have = actual as Record<string, unknown>;
  const { metadata, ...fields } = wanted as { metadata?: Record<string, string> };
  if (metadata) return [...differences(fields, actual), ...metadataDifferences(metadata, have.metadata ?? {})];
  return Object.entries(wanted)
    .filter(([field, value]) => canonical(have[field]) !== canonical(value))
    .map(([field, value]) => ({ field, actual: have[field], wanted: value }));
}

/** The server and other tools have entries of their own. An absent limit is none. */
function metadataDifferences(wanted: Record<string, string>, actual: object): Difference[] {
  const unlimited = Object.fromEntries(Object.keys(wanted).map((name) => [name, "-1"]));
  return differences(wanted, { ...unlimited, ...actual });
}

/** The configuration with what the plan wants, and with all entries that the plan does not name. */
export function withWanted(config: object, wanted: object): object {
  const { metadata: own } = config as { metadata?: object };
  const { metadata } = wanted as { metadata?: object };
  return { ...config, ...wanted, ...(metadata ? { metadata: { ...own, ...metadata } } : {}) };
}

/** `retention: limits, wanted workqueue` */
export function describeDifference(d: Difference): string {
  return `${d.field}: ${show(d.field, d.actual)}, wanted ${show(d.field, d.wanted)}`;
}

/** `ack_wait: 30s -> 5s` */
export function describeChange(d: Difference): string {
  return `${d.field}: ${show(d.field, d.actual)} -> ${show(d.field, d.wanted)}`;
}

/** Limits that delete stored messages when they shrink. Durations in nanoseconds; 0 or -1 is no limit. */
const limits = ["max_age", "max_msgs", "max_bytes", "max_msgs_per_subject"];

/** What a stream holds, as far as it decides whether a smaller limit deletes anything. */
export interface Held {
  messages: number;
  bytes: number;
  /** Subjects with at least one message. */
  subjects: number;
}

/** True where changing the field could make the server delete what it holds. */
export function wouldDiscard({ field, actual, wanted }: Difference, { messages, bytes, subjects }: Held): boolean {
  if (messages === 0 || !limits.includes(field) || size(wanted) >= size(actual)) return false;
  if (field === "max_bytes") return size(wanted) < bytes;
  // One message for each subject is what the new limit allows, too.
  if (field === "max_msgs_per_subject") return messages > subjects;
  return true;
}

const size = (limit: unknown) => (typeof limit === "number" && limit > 0 ? limit : Number.POSITIVE_INFINITY);

/** Key order does not matter, and an absent field is the same as an undefined one: the server leaves `false` out. */
function canonical(value: unknown): string {
  if (value === null || typeof value !== "object") return String(value || value === 0 ? value : "unset");
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([k, v]) => `${k}:${canonical(v)}`).join()}}`;
}

const durations = ["max_age", "duplicate_window", "ack_wait"];

function show(field: string, value: unknown): string {
  if (value === undefined || value === null || value === "") return "unset";
  if (typeof value === "number" && durations.includes(field)) return value === 0 ? "unlimited" : duration(value);
  if (value === -1 || value === "-1") return "unlimited";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function duration(nanos: number): string {
  const seconds = nanos / 1e9;
  if (seconds >= 3600 && seconds % 3600 === 0) return `${seconds / 3600}h`;
  if (seconds >= 60 && seconds % 60 === 0) return `${seconds / 60}m`;
  return seconds >= 1 ? `${seconds}s` : `${nanos / 1e6}ms`;
}

// One stream or consumer of the plan: read, create and update it, and find what is in its way.

export interface Part {
  label: string;
  /** The name of the stream, or of the consumer's stream. */
  stream: string;
  wanted: object;
  read(): Promise<{ config: object; held: Held }>;
  /** @param maxBytes for a stream whose plan has none. */
  create(maxBytes?: number): Promise<unknown>;
  update(config: object): Promise<unknown>;
  /** What the server would refuse to create it beside, by name; the server's own error has no name. */
  obstacle(): Promise<string | undefined>;
}

export interface Found {
  part: Part;
  /** Absent when it does not exist yet. */
  config?: object;
  held: Held;
  differences: Difference[];
  obstacle?: string;
}

const nothing: Held = { messages: 0, bytes: 0, subjects: 0 };

export const partsOf = (jsm: JetStreamManager, { streams, consumers }: SetupPlan): Part[] => [
  ...streams.map((wanted) => streamPart(jsm, wanted)),
  ...consumers.map(({ stream, config }) => consumerPart(jsm, stream, config)),
];

export const isConsumer = ({ wanted }: Part) => "durable_name" in wanted;

/** @throws the server's error, unless it says that the part does not exist. */
export async function look(part: Part): Promise<Found> {
  try {
    const { config, held } = await askAgain(() => part.read());
    return { part, config, held, differences: differences(part.wanted, config) };
  } catch (error) {
    const refused = fromClientError(part.label, error);
    if (!(refused instanceof NotSetUpError)) throw refused;
    const obstacle = await askAgain(() => part.obstacle()).catch((cause) => unlessUnseen(part, cause));
    return { part, held: nothing, differences: [], obstacle };
  }
}

/** An account that may not list, or has no stream to list consumers of, learns of an obstacle from the server's refusal. */
function unlessUnseen(part: Part, error: unknown): undefined {
  const refused = fromClientError(part.label, error);
  if (refused instanceof NotPermittedError || refused instanceof NotSetUpError) return undefined;
  throw refused;
}

function streamPart(jsm: JetStreamManager, wanted: StreamPlan): Part {
  return {
    label: `stream ${wanted.name}`,
    stream: wanted.name,
    wanted,
    read: async () => {
      const info: StreamInfo = await jsm.streams.info(wanted.name);
      const { messages, bytes, num_subjects: subjects = 0 } = info.state;
      return { config: info.config, held: { messages, bytes, subjects } };
    },
    create: (maxBytes) => jsm.streams.add(maxBytes === undefined ? wanted : { ...wanted, max_bytes: maxBytes }),
    update: (config) => jsm.streams.update(wanted.name, config),
    obstacle: async () => {
      for (const subject of wanted.subjects ?? []) {
        const others = (await jsm.streams.names(subject).next()).filter((name) => name !== wanted.name);
        if (others.length > 0) return `its subject ${subject} belongs to stream ${others.join(", ")}`;
      }
      return undefined;
    },
  };
}

function consumerPart(jsm: JetStreamManager, stream: string, plan: ConsumerPlan): Part {
  const name = plan.durable_name;
  const wanted = withFilterList(plan);
  return {
    label: `consumer ${name} on ${stream}`,
    stream,
    wanted,
    read: async () => {
      const info: ConsumerInfo = await jsm.consumers.info(stream, name);
      return { config: withFilterList(info.config), held: nothing };
    },
    create: () => jsm.consumers.add(stream, plan),
    update: (config) => jsm.consumers.update(stream, name, asServerHasIt(config)),
    // On a work queue no two consumers may take the same message. What an earlier set-up made is removed, or changed before.
    obstacle: async () => {
      const infos = (await jsm.consumers.list(stream).next()).filter((info) => info.name !== name && !isOfSetup(info));
      const inTheWay = infos.filter(({ config }) => filtersOverlap(plan, config));
      const consumers = inTheWay.map((info) => info.name).join(", ");
      return consumers ? `consumer ${consumers} takes requests from this queue` : undefined;
    },
  };
}

/** One subject or several: the server has two fields, of which one is empty. The order does not matter. */
function withFilterList<T extends Partial<ConsumerConfig>>(config: T): T {
  return { ...config, filter_subject: undefined, filter_subjects: [...filtersOf(config)].sort() };
}

/** A field that is absent from an update would stay as it was. */
function asServerHasIt(config: Partial<ConsumerConfig>): Partial<ConsumerConfig> {
  const { filter_subjects: [first, ...more] = [] } = config;
  return more.length > 0 ? config : { ...config, filter_subject: first, filter_subjects: undefined };
}

// Repeated questions. A cluster does not answer what is asked of a stream that has no leader yet (STREAM.INFO; jsStreamInfoRequest in
// nats-server 2.9.10 and 2.14.0). Up to 2.10.3 it takes a second STREAM.CREATE for such a question (jsClusteredStreamRequest), so
// that one of two set-ups at once may get no answer.

/** An election in a new group takes 100 to 800 ms (raft.go, randCampaignTimeout). */
const silenceMs = 1000;

/**
 * What `ask` resolves to or throws. After a second without an answer `ask` runs a second time, and the first answer counts. Only for
 * what may happen twice: reading, and creating what may be there already. It takes no longer than the first `ask`.
 */
export async function askAgain<T>(ask: () => Promise<T>): Promise<T> {
  const answered = new AbortController();
  const again = wait(silenceMs, { signal: answered.signal }).then(ask);
  try {
    return await Promise.race([ask(), again]);
  } finally {
    answered.abort();
  }
}

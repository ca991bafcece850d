// A partial scenario: every part of a file that matches its schema, so that one mistake does not hide the others.
import type { z } from "zod";
import { queue } from "./fields.js";
import { queuesOf } from "./queues.js";
import { checkList, expected, type StepFile, type StepKind, step, stepDefinition } from "./schema.js";
import { requester, responder, service } from "./schema-actors.js";
import { server, setup } from "./schema-server.js";
import { otherStreams } from "./schema-streams.js";
import { type ExpectationsFile, expectations } from "./steps/expect.js";
import type { ScenarioParts } from "./timeline-state.js";

export interface PartialScenario extends ScenarioParts {
  steps: PartialStep[];
  /** Absent also where they have a mistake in them. */
  thresholds: ExpectationsFile | undefined;
  check: z.output<typeof checkList>;
  expected: z.output<typeof expected>;
}

interface PartialStep {
  step: StepFile | undefined;
  /** What the step calls its requests, readable even in a step with mistakes. */
  aliases: string[];
  /** Whether an actor may run or not run because of it. */
  affectsActors: boolean;
}

export function readParts(data: unknown): PartialScenario {
  const file = isMapping(data) ? data : {};
  const timeline = Array.isArray(file.timeline) ? file.timeline : [];
  const { server: required } = isMapping(file.requires) ? file.requires : {};
  const own = queueIn(file);
  const actors = [file.requesters, file.responders].flatMap((group) => (isMapping(group) ? Object.values(group) : []));
  return {
    queue: own,
    queues: queuesOf(
      own,
      actors.map((actor) => ({ queue: queueIn(actor) })),
    ),
    requiredServer: typeof required === "string" ? required : "",
    setup: setup.safeParse(file.setup ?? {}).data,
    server: server.safeParse(file.server ?? {}).data,
    streams: parts(file.streams, otherStreams.valueType),
    requesters: parts(file.requesters, requester),
    responders: parts(file.responders, responder),
    services: parts(file.services, service),
    steps: timeline.map((raw) => ({ step: salvage(raw), aliases: aliasesOf(raw), affectsActors: movesActors(raw) })),
    thresholds: expectations.optional().safeParse(file.thresholds).data,
    check: checkList.safeParse(file.check ?? []).data ?? [],
    expected: expected.safeParse(file.expected ?? {}).data ?? {},
  };
}

/** Readable even in an actor with mistakes. */
const queueIn = (raw: unknown) => (isMapping(raw) ? queue.safeParse(raw.queue).data : undefined);

function parts<T extends z.ZodType>(data: unknown, schema: T): Map<string, z.output<T> | undefined> {
  const entries = isMapping(data) ? Object.entries(data) : [];
  return new Map(entries.map(([name, raw]) => [name, schema.safeParse(raw).data]));
}

/** A step whose only mistakes are in parts that nothing else depends on is read without those parts. */
function salvage(raw: unknown): StepFile | undefined {
  const { data, error } = step.safeParse(raw);
  if (error === undefined || !isMapping(raw)) return data;
  const rest: Record<string, unknown> = structuredClone(raw);
  for (const { path } of error.issues) {
    const [kind, key] = path.map(String);
    const part = kind === undefined ? undefined : rest[kind];
    if (path.length !== 2 || key === undefined || !isMapping(part)) return undefined;
    const aside = kind === "expect" || kind === "eventually" || key === "timeout" || key === "payload";
    if (aside) delete part[key];
  }
  return step.safeParse(rest).data;
}

const movesActors = (raw: unknown) =>
  !isMapping(raw) ||
  Object.keys(raw).some((key) => !(key in step.shape) || stepDefinition(key as StepKind)?.affectsActors === true);

/** Also of the steps inside it. */
function aliasesOf(raw: unknown): string[] {
  if (Array.isArray(raw)) return raw.flatMap(aliasesOf);
  if (!isMapping(raw)) return [];
  const { request, send, publish, together, repeat } = raw;
  const own = [request, send, publish].flatMap((sent) => (isMapping(sent) ? [sent.as] : []));
  const inside = aliasesOf([together ?? [], isMapping(repeat) ? repeat.steps : []]);
  return [...own.filter((alias) => typeof alias === "string"), ...inside];
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

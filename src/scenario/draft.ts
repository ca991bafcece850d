// A file read as far as it can be: each part that has its shape, so that one slip does not hide the others.
import type { z } from "zod";
import {
  checkList,
  expected,
  type RequesterFile,
  type ResponderFile,
  requester,
  responder,
  type ServiceFile,
  type SetupFile,
  service,
  setup,
} from "./schema.js";
import { type StepFile, step } from "./schema-step.js";

/** `undefined` stands for a part with a mistake in it: its name is known, its content is not. */
export interface Draft {
  setup: SetupFile | undefined;
  requesters: Map<string, RequesterFile | undefined>;
  responders: Map<string, ResponderFile | undefined>;
  services: Map<string, ServiceFile | undefined>;
  steps: DraftStep[];
  check: z.output<typeof checkList>;
  expected: z.output<typeof expected>;
}

export interface DraftStep {
  step: StepFile | undefined;
  /** What the step calls its request, readable even in a step with mistakes. */
  alias: string | undefined;
  /** Whether an actor may run or not run because of it. */
  moves: boolean;
}

export function draftOf(data: unknown): Draft {
  const file = isMapping(data) ? data : {};
  const timeline = Array.isArray(file.timeline) ? file.timeline : [];
  return {
    setup: setup.safeParse(file.setup ?? {}).data,
    requesters: parts(file.requesters, requester),
    responders: parts(file.responders, responder),
    services: parts(file.services, service),
    steps: timeline.map((raw) => ({ step: salvage(raw), alias: aliasOf(raw), moves: movesActors(raw) })),
    check: checkList.safeParse(file.check ?? []).data ?? [],
    expected: expected.safeParse(file.expected ?? {}).data ?? {},
  };
}

export const actorNames = (draft: Draft) => [
  ...draft.requesters.keys(),
  ...draft.responders.keys(),
  ...draft.services.keys(),
];

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
    const [verb, key] = path.map(String);
    const part = verb === undefined ? undefined : rest[verb];
    if (path.length !== 2 || key === undefined || !isMapping(part)) return undefined;
    const aside = verb === "expect" || verb === "eventually" || key === "timeout" || key === "payload";
    if (aside) delete part[key];
  }
  return step.safeParse(rest).data;
}

const still = new Set(Object.keys(step.shape).filter((key) => !["start", "stop", "crash"].includes(key)));

const movesActors = (raw: unknown) => !isMapping(raw) || Object.keys(raw).some((key) => !still.has(key));

function aliasOf(raw: unknown): string | undefined {
  const request = isMapping(raw) ? raw.request : undefined;
  const alias = isMapping(request) ? request.as : undefined;
  return typeof alias === "string" ? alias : undefined;
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

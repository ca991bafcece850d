// A valid file's data -> the scenario the runner works with: milliseconds for durations, actions for verbs.
import { parseAnchor } from "./anchor.js";
import { toMs } from "./duration.js";
import type { Path } from "./finding.js";
import type {
  Action,
  CollectAction,
  Expected,
  RequestAction,
  Requirements,
  Scenario,
  Step,
  StreamSettings,
} from "./model.js";
import type { RequesterFile, ResponderFile, ScenarioFile, SetupFile } from "./schema.js";
import type { RequestFile, StepFile } from "./schema-step.js";

/** How long `after` and `eventually` wait where the file does not say. */
export const defaultWithinMs = 10_000;

/** `lineOf` gives the line of a path in the file, from 1. */
export function buildScenario(data: ScenarioFile, file: string, lineOf: (path: Path) => number): Scenario {
  const senders = new Map(
    data.timeline.flatMap(({ request }) => (request ? [[request.as, request.from]] : [])),
  );
  return {
    name: data.scenario,
    question: data.question.trim(),
    answer: data.answer.trim(),
    file,
    requires: requirements(data.requires.server),
    ...(data.setup !== "none" && { setup: streams(data.setup) }),
    requesters: each(data.requesters, requesterOf),
    responders: each(data.responders, responderOf),
    services: data.services,
    timeline: data.timeline.map((step, i) => stepOf(step, i, senders, lineOf)),
    check: data.check,
    expected: data.expected,
  };
}

const each = <A, B>(record: Record<string, A>, change: (a: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

/** `>=2.11` means `2.11.0`. */
function requirements(server: string | undefined): Requirements {
  if (server === undefined) return {};
  const numbers = server.replace(/^>=\s*/, "").split(".");
  return { server: [...numbers, "0"].slice(0, 3).join(".") };
}

const streams = (setup: Exclude<SetupFile, "none">): StreamSettings => ({
  storage: setup.storage,
  replicas: setup.replicas,
  ackWaitMs: toMs(setup.ack_wait),
  maxDeliver: setup.max_deliver,
});

const requesterOf = ({ reply, timeout, on_timeout, online }: RequesterFile) => ({
  reply,
  timeoutMs: toMs(timeout),
  onTimeout: on_timeout,
  online,
});

const responderOf = ({ menu, work, crash, ...rest }: ResponderFile) => ({
  ...rest,
  ...(menu && { menu }),
  ...(work !== undefined && { workMs: toMs(work) }),
  ...(crash && { crash }),
});

function stepOf(
  step: StepFile,
  i: number,
  senders: Map<string, string>,
  lineOf: (path: Path) => number,
): Step {
  const path = ["timeline", i];
  const after = step.after === undefined ? undefined : parseAnchor(step.after);
  return {
    line: lineOf(path),
    ...(after && { after }),
    withinMs: step.within === undefined ? defaultWithinMs : toMs(step.within),
    ...actionOf(step, senders, (key) => lineOf([...path, ...key])),
  };
}

function actionOf(step: StepFile, senders: Map<string, string>, lineOf: (path: Path) => number): Action {
  if (step.request) return requestOf(step.request);
  if (step.collect !== undefined) return collectOf(step.collect, senders);
  if (step.cancel !== undefined) return cancelOf(step.cancel, senders);
  if (step.restart !== undefined) return { kind: "restart", what: step.restart };
  if (step.wait !== undefined) return { kind: "wait", ms: toMs(step.wait) };
  for (const kind of ["expect", "eventually"] as const) {
    const all = step[kind];
    if (all) return { kind, expectations: expectationsOf(all, (key) => lineOf([kind, key])) };
  }
  for (const kind of ["start", "stop", "crash"] as const) {
    const actor = step[kind];
    if (actor !== undefined) return { kind, actor };
  }
  throw new Error("a step without a verb passed validation");
}

function expectationsOf(all: Record<string, string | number>, lineOf: (key: string) => number): Expected[] {
  return Object.entries(all).map(([path, expected]) => ({ path, expected, line: lineOf(path) }));
}

function requestOf({ timeout, on_timeout, order, subject, id, ...rest }: RequestFile): RequestAction {
  return {
    kind: "request",
    ...rest,
    ...(id !== undefined && { id }),
    ...(order !== undefined && { order }),
    ...(subject !== undefined && { subject }),
    ...(id !== undefined && { id }),
    ...(timeout !== undefined && { timeoutMs: toMs(timeout) }),
    ...(on_timeout !== undefined && { onTimeout: on_timeout }),
  };
}

function cancelOf(request: string, senders: Map<string, string>): Action {
  const by = senders.get(request);
  if (by === undefined) throw new Error("a cancel without a request passed validation");
  return { kind: "cancel", request, by };
}

function collectOf(collect: NonNullable<StepFile["collect"]>, senders: Map<string, string>): CollectAction {
  const { request, timeout, ...given } = typeof collect === "string" ? { request: collect } : collect;
  const by = given.by ?? senders.get(request);
  if (by === undefined) throw new Error("a collect without a request passed validation");
  return {
    kind: "collect",
    request,
    by,
    ...(timeout !== undefined && { timeoutMs: toMs(timeout) }),
  };
}

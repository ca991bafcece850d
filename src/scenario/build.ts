// A valid file's data -> the scenario the runner works with: milliseconds for durations, actions for verbs.
import { toMs } from "../common/duration.js";
import { parseAnchor } from "./anchor.js";
import type { Path } from "./diagnostic.js";
import type {
  Requirements,
  ResponderSettings,
  Scenario,
  ServerSettings,
  Step,
  StreamSettings,
} from "./model.js";
import { chosenCheck, type ScenarioFile, type StepFile, verbNames, verbOf } from "./schema.js";
import { kitOptionsOf, type RequesterFile, type ResponderFile, type ServiceFile } from "./schema-actors.js";
import type { ServerFile, SetupFile } from "./schema-server.js";
import { buildExpectations } from "./steps/expect.js";

/** How long `after` and `eventually` wait where the file does not say. */
const defaultWithinMs = 10_000;

/** `lineOf` gives the line of a path in the file, from 1. */
export function buildScenario(
  data: ScenarioFile,
  { file, text }: Pick<Scenario, "file" | "text">,
  lineOf: (path: Path) => number,
): Scenario {
  const senders = new Map(sendersOf(data.timeline));
  return {
    name: data.scenario,
    question: data.question.trim(),
    answer: data.answer.trim(),
    file,
    text,
    ...(data.seed !== undefined && { seed: data.seed }),
    requires: requirements(data.requires),
    server: serverOf(data.server),
    ...(data.setup !== "none" && { setup: streams(data.setup) }),
    requesters: each(data.requesters, requesterOf),
    responders: each(data.responders, responderOf),
    services: each(data.services, serviceOf),
    timeline: stepsOf(data.timeline, ["timeline"], senders, lineOf),
    sweep: Object.entries(data.sweep ?? {}).map(([path, values]) => ({ path, values })),
    repeat: data.repeat,
    thresholds: buildExpectations(data.thresholds ?? {}, { lineOf: (key) => lineOf(["thresholds", ...key]) }),
    check: data.check.map(chosenCheck),
    expected: data.expected,
  };
}

const each = <A, B>(record: Record<string, A>, change: (a: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

/** `>=2.11` means `2.11.0`. */
function requirements({ server, ...rest }: ScenarioFile["requires"]): Requirements {
  const others = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  if (server === undefined) return others;
  const numbers = server.replace(/^>=\s*/, "").split(".");
  return { ...others, server: [...numbers, "0"].slice(0, 3).join(".") };
}

const streams = (setup: Exclude<SetupFile, "none">): StreamSettings => ({
  storage: setup.storage,
  replicas: setup.replicas,
  ackWaitMs: toMs(setup.ack_wait),
  maxDeliver: setup.max_deliver,
  discard: setup.discard,
  ...(setup.duplicate_window !== undefined && { duplicateWindowMs: toMs(setup.duplicate_window) }),
  ...(setup.max_requests !== undefined && { maxRequests: setup.max_requests }),
  ...(setup.request_age !== undefined && { requestAgeMs: toMs(setup.request_age) }),
  ...(setup.max_ack_pending !== undefined && { maxAckPending: setup.max_ack_pending }),
});

const serverOf = ({ nodes, sync_interval, limits }: ServerFile): ServerSettings => ({
  nodes,
  ...(sync_interval !== undefined && { syncInterval: sync_interval }),
  ...(limits.file !== undefined && { maxFileStore: limits.file }),
  ...(limits.memory !== undefined && { maxMemory: limits.memory }),
});

const requesterOf = ({
  reply,
  timeout,
  on_timeout,
  max_outstanding,
  max_waiting,
  online,
}: RequesterFile) => ({
  reply,
  timeoutMs: toMs(timeout),
  onTimeout: on_timeout,
  ...(max_outstanding !== undefined && { maxOutstanding: max_outstanding }),
  ...(max_waiting !== undefined && { maxWaiting: max_waiting }),
  online,
});

const responderOf = ({
  menu,
  work,
  crash,
  prefetch,
  online,
  kind,
  unmatched,
  concurrency,
  acks,
  fails,
  ...options
}: ResponderFile): ResponderSettings => ({
  ...{ online, kind, unmatched, concurrency, acks, fails },
  ...kitOptionsOf(options),
  ...(prefetch !== undefined && { prefetch }),
  ...(menu && { menu }),
  ...(work !== undefined && { workMs: toMs(work) }),
  ...(crash && { crash }),
});

const serviceOf = ({ work, parts, ...rest }: ServiceFile) => ({
  ...rest,
  ...(parts && { parts }),
  ...(work !== undefined && { workMs: toMs(work) }),
});

/** Builds the steps that stand at `path` of the file. */
function stepsOf(
  files: readonly StepFile[],
  path: Path,
  senders: Map<string, string>,
  lineOf: (path: Path) => number,
): Step[] {
  return files.map((file, i) => stepOf(file, [...path, i], senders, lineOf));
}

function stepOf(
  step: StepFile,
  path: Path,
  senders: Map<string, string>,
  lineOf: (path: Path) => number,
): Step {
  const after = step.after === undefined ? undefined : parseAnchor(step.after);
  const verb = verbNames.find((name) => step[name] !== undefined);
  if (verb === undefined) throw new Error("a step without a verb passed validation");
  const at = [...path, verb];
  return {
    line: lineOf(path),
    ...(step.at !== undefined && { atMs: toMs(step.at) }),
    ...(after && { after }),
    withinMs: step.within === undefined ? defaultWithinMs : toMs(step.within),
    ...verbOf(verb).build(step[verb], {
      senders,
      lineOf: (key) => lineOf([...at, ...key]),
      steps: (inner, key) => stepsOf(inner as StepFile[], [...at, ...key], senders, lineOf),
    }),
  };
}

/** The requester of each request, also of those in steps inside a step. */
function sendersOf(steps: readonly StepFile[]): [string, string][] {
  return steps.flatMap(({ request, send, together, repeat }) => {
    const inside = sendersOf([...(together ?? []), ...(repeat?.steps ?? [])]);
    const asked = request ?? send;
    return asked ? [[asked.as, asked.from], ...inside] : inside;
  });
}

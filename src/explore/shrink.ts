// Shrinking: finds the smallest scenario that still shows a violation, one change at a time.
import { nameOf } from "./applicable-checks.js";
import { isEnding, withEnding } from "./draw.js";
import { type ScenarioData, type Settings, type StepData, scenarioOf } from "./scenario-data.js";

type Shows = (candidate: ScenarioData) => Promise<boolean>;

/**
 * First steps, then anchors, durations, counts, actors, nodes and settings. A pass that changed something is followed by
 * another one. Ends early if `more` says so.
 */
export async function shrink(data: ScenarioData, shows: Shows, more: () => boolean): Promise<ScenarioData> {
  let smallest = data;
  for (let changed = true; changed && more(); ) {
    changed = false;
    for (const reduce of reductions) {
      for (let at = 0; more(); ) {
        const candidate = reduce(smallest)[at];
        if (candidate === undefined) break;
        const valid = scenarioOf(candidate) !== undefined;
        // A candidate that shows the violation has others at this place.
        if (valid && (await shows(candidate))) [smallest, changed] = [candidate, true];
        else at++;
      }
    }
  }
  return smallest;
}

type Reduce = (data: ScenarioData) => ScenarioData[];

/** A copy with this timeline. The checks are those of the violation, and stay. */
const withSteps = (data: ScenarioData, timeline: StepData[]): ScenarioData =>
  withEnding({ ...data, timeline }, data.timeline.find(isEnding)?.within as string | undefined);

const changeable = ({ timeline }: ScenarioData) => timeline.flatMap((step, i) => (isEnding(step) ? [] : [i]));

/** The requests alone, or one of them. Most violations need no fault. */
const requestsAlone: Reduce = (data) => {
  const steps = data.timeline.filter((step) => !isEnding(step));
  const requests = steps.filter((step) => "request" in step || "send" in step);
  const candidates = [...requests.map((one) => [one]), requests];
  return candidates.filter(({ length }) => length > 0 && length < steps.length).map((some) => withSteps(data, some));
};

/** Half of the steps at once, then one after the other; the last ones first, because others anchor to the first ones. */
const fewerSteps: Reduce = (data) => {
  const indexes = changeable(data);
  const without = (left: readonly number[]) =>
    withSteps(
      data,
      data.timeline.filter((_, i) => !left.includes(i)),
    );
  const half = Math.ceil(indexes.length / 2);
  const halves = indexes.length > 3 ? [indexes.slice(half), indexes.slice(0, half)] : [];
  const pairs = indexes.slice(1).map((index, i) => [indexes[i] as number, index]);
  return [...halves, ...indexes.toReversed().map((i) => [i]), ...pairs].map(without);
};

const eachStep = (data: ScenarioData, change: (step: StepData) => StepData[]): ScenarioData[] =>
  changeable(data).flatMap((i) =>
    change(data.timeline[i] as StepData).map((step) => withSteps(data, data.timeline.with(i, step))),
  );

const noAnchors: Reduce = (data) =>
  eachStep(data, ({ after, at_latest, at, ...step }) => {
    if (after === undefined) return at === undefined ? [] : [step];
    const first = String(after).replace(/#\d+$/, "");
    const simpler = first === after ? [] : [{ ...step, after: first, at_latest }];
    const hard = at_latest === undefined ? [] : [{ ...step, after }];
    return [step, ...simpler, ...hard];
  });

const shorter: Reduce = (data) =>
  eachStep(data, (step) => {
    const { inject } = step as { inject?: Settings };
    if (inject?.for === undefined || inject.for === shortest) return [];
    return [{ ...step, inject: { ...inject, for: shortest } }];
  });

const shortest = "500ms";

const fewerRequests: Reduce = (data) =>
  eachStep(data, (step) => {
    const key = "send" in step ? "send" : "request";
    const request = step[key] as Settings | undefined;
    if (request === undefined) return [];
    const { count, rate, many, ...rest } = request;
    const least: Settings[] = count === undefined ? [] : [rest];
    for (const n of [2, 3, Math.floor(Number(count) / 2)])
      if (n < Number(count) && n > 1) least.push({ ...request, count: n });
    if (rate !== undefined) least.push({ ...rest, count });
    if (many !== undefined) least.push({ ...rest, ...(count !== undefined && { count, rate }) });
    return least.map((smaller) => ({ ...step, [key]: smaller }));
  });

const fewerActors: Reduce = (data) =>
  (["requesters", "responders", "services"] as const).flatMap((kind) =>
    Object.keys(data[kind] ?? {}).map((name) => {
      const less = structuredClone(data);
      delete less[kind]?.[name];
      return less;
    }),
  );

const oneNode: Reduce = (data) => {
  if (data.server?.nodes === undefined) return [];
  const less = structuredClone(data);
  delete less.server?.nodes;
  if (less.setup !== "none") delete less.setup?.replicas;
  return [less];
};

/** A setting left out has its default. */
const fewerSettings: Reduce = (data) => {
  const places: ((copy: ScenarioData) => Settings | undefined)[] = [
    (copy) => (copy.setup === "none" ? undefined : copy.setup),
    (copy) => copy.server,
    ...(["requesters", "responders"] as const).flatMap((kind) =>
      Object.keys(data[kind] ?? {}).map((name) => (copy: ScenarioData) => copy[kind]?.[name]),
    ),
  ];
  return places.flatMap((place) =>
    Object.keys(place(data) ?? {}).flatMap((key) => {
      if (key === "kind" || key === "nodes" || key === "replicas") return [];
      const less = structuredClone(data);
      delete place(less)?.[key];
      return [less];
    }),
  );
};

const reductions: readonly Reduce[] = [
  requestsAlone,
  fewerSteps,
  noAnchors,
  shorter,
  fewerRequests,
  fewerActors,
  oneNode,
  fewerSettings,
];

/** Of a violated check: the last step only lets the requests end, and a smaller file may leave some in the queue. */
const shortWait = "4s";

/** They say what is in the queue at the end: a slow responder needs its time. */
const ofQueue = ["unanswered", "nothing-answered-left"];

/** Without the checks of other violations. `unanswered` is found by the last step. */
export function onlyCheck(data: ScenarioData, name: string): ScenarioData {
  const check = (data.check ?? []).filter((one) => nameOf(one) === name);
  return { ...(ofQueue.includes(name) ? data : withEnding(data, shortWait)), check };
}

// Applicable checks: those whose promise a scenario keeps or breaks whatever faults it injects.
import type { ScenarioData, Settings, StepData } from "./scenario-data.js";

type CheckData = NonNullable<ScenarioData["check"]>[number];

const always = [
  "no-lost-requests",
  "no-lost-replies",
  "no-phantom-replies",
  "no-duplicate-replies",
  "no-stuck-messages",
  "no-silent-end",
  "no-storm",
  "reply-before-ack",
  "right-address",
  "nothing-answered-left",
  "delivery-counts",
  "pubacks-true",
  "acks-honoured",
];

/** Whether they have something to judge depends on the course of a run: a second delivery, an ack, a last reply. */
const byCourse = [
  "ack-wait-kept",
  "acks-honoured",
  "no-late-execution",
  "parts-complete",
  "reply-matches",
  "sources-agree",
];

/** A run is conclusive without it, if it found nothing to judge. */
export const isByCourse = (check: string) => byCourse.includes(check);

/** The checks of the file keep their parameters; one that the file expects to be violated is left out. */
export function applicableChecks(data: ScenarioData): CheckData[] {
  const { timeline, requesters, responders, setup, check = [], expected = {} } = data;
  const faults = timeline.filter((step) => "inject" in step || "crash" in step || "stop" in step).length;
  const actors = Object.values({ ...requesters, ...responders });
  const expires = [...actors, ...timeline.map(sentBy)].some(({ on_timeout }) => on_timeout === "expire");
  const retries = Object.values(responders ?? {}).some(({ fails = 0, crash }) => fails !== 0 || crash !== undefined);
  const requests = timeline.filter(isSending).reduce((sum, step) => sum + Number(sentBy(step).count ?? 1), 0);
  const replies = templates(responders);
  const own: CheckData[] = [
    ...always,
    // Each fault can cause one more execution: the delivery of a request is at least once.
    { "no-duplicate-executions": { at_most: faults + 1 } },
    ...(setup === "none" ? [] : ["ack-wait-kept"]),
    ...(actors.some(({ kind }) => kind === "external") ? ["sources-agree"] : []),
    ...(Object.keys(replies).length > 0 ? [{ "reply-matches": replies }] : []),
    ...(expires ? ["no-late-execution"] : []),
    ...(timeline.some((step) => sentBy(step).many !== undefined) ? ["parts-complete"] : []),
    // A redelivered request is executed after later ones, and handlers that run at the same time have no order.
    ...(faults === 0 && requests > 1 && !retries && isSequential(responders) ? ["order-kept"] : []),
  ];
  const given = new Map(check.map((one) => [nameOf(one), one]));
  const names = new Set([...own.map(nameOf), ...given.keys()]);
  return [...names].flatMap((name): CheckData[] => {
    const chosen = given.get(name) ?? own.find((one) => nameOf(one) === name);
    return chosen === undefined || (expected[name] ?? "held") !== "held" ? [] : [chosen];
  });
}

export const nameOf = (check: CheckData) => (typeof check === "string" ? check : (Object.keys(check)[0] as string));

/** The replies of the menus, of orders that have one reply. */
function templates(responders: ScenarioData["responders"] = {}): Record<string, string> {
  const replies = Object.values(responders).flatMap(({ menu }) => Object.entries((menu ?? {}) as Settings));
  const texts = replies.filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return Object.fromEntries(texts.filter(([order, text]) => replies.every(([o, t]) => o !== order || t === text)));
}

const sentBy = (step: StepData) => (step.request ?? step.send ?? {}) as Settings;

const isSending = (step: StepData) => "request" in step || "send" in step;

const isSequential = (responders: ScenarioData["responders"] = {}) => {
  const all = Object.values(responders);
  return all.length === 1 && all.every(({ concurrency = 1 }) => concurrency === 1);
};

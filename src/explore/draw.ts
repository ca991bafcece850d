// Draw: an experiment from a seed, as the data of a scenario file: settings, requests, faults, and the moments of each.
import fc, { type GeneratorValue } from "fast-check";
import { type FaultName, faults } from "../faults/index.js";
import { applicableChecks } from "./applicable-checks.js";
import { type ScenarioData, type Settings, type StepData, scenarioOf } from "./scenario-data.js";

export interface DrawOptions {
  base: ScenarioData;
  /** The faults that may be drawn. */
  faults: readonly FaultName[];
  nodes: 1 | 3;
}

/** A draw that fits nothing is drawn again from the next seed derived from it. */
const mostDraws = 50;

/** The same for the same seed and options. @throws if no draw is a valid scenario. */
export function drawExperiment(seed: number, options: DrawOptions): ScenarioData {
  return validDraw(seed, (draw) => experiment(draw, options));
}

/** A copy with one thing changed: a moment, a duration, one fault more or less, a setting. */
export function mutateExperiment(of: ScenarioData, seed: number, options: DrawOptions): ScenarioData {
  return validDraw(seed, (draw) => mutation(draw, of, options));
}

function validDraw(seed: number, drawn: (draw: Draw) => ScenarioData): ScenarioData {
  const samples = fc.sample(
    fc.gen().map((g) => drawn(new Draw(g))),
    { seed: seed | 0, numRuns: mostDraws },
  );
  const valid = samples.find((data) => scenarioOf(data) !== undefined);
  if (valid) return { ...valid, scenario: `explored-${seed}` };
  throw new Error(`Seed ${seed} drew no valid scenario in ${mostDraws} draws.`);
}

/** The choices of one experiment. */
class Draw {
  readonly #g: GeneratorValue;
  constructor(g: GeneratorValue) {
    this.#g = g;
  }

  number(least: number, most: number): number {
    return this.#g(fc.integer, { min: least, max: most });
  }

  one<T>(...of: readonly T[]): T {
    return of[this.number(0, of.length - 1)] as T;
  }

  /** True in so many of a hundred cases. */
  chance(percent: number): boolean {
    return this.number(1, 100) <= percent;
  }
}

// Settings.

const actorsOf = (of: Record<string, Settings> | undefined) => Object.entries(of ?? {});
const isKit = ({ kind }: Settings) => kind === undefined || kind === "kit";

function experiment(draw: Draw, options: DrawOptions): ScenarioData {
  const data = structuredClone(options.base);
  if (options.nodes === 3) data.server = { ...data.server, nodes: 3 };
  data.setup = drawSetup(draw, data, options);
  data.requesters = Object.fromEntries(
    actorsOf(data.requesters).map(([name, own]) => [name, { ...drawRequester(draw, own), ...own }]),
  );
  const expires = Object.values(data.requesters).some(({ on_timeout }) => on_timeout === "expire");
  if (expires) data.requires = { server: ">=2.11", ...data.requires };
  data.responders = Object.fromEntries(
    actorsOf(data.responders).map(([name, own]) => [name, { ...drawResponder(draw, own), ...own }]),
  );
  if (!options.base.timeline.some(isSending)) data.timeline = [...drawRequests(draw, data), ...data.timeline];
  data.timeline = withFaults(draw, data, options);
  return finished(data);
}

/** Faults of the servers lose what is in memory only, as docs/guarantees.md says. */
const endsServers = (name: FaultName) => faults[name].needs.includes("own-server");

function drawSetup(
  draw: Draw,
  { setup }: ScenarioData,
  { nodes, faults: allowed }: DrawOptions,
): ScenarioData["setup"] {
  if (setup === "none") return setup;
  return {
    ack_wait: draw.one("500ms", "1s", "2s"),
    ...(nodes === 3 && { replicas: 3 }),
    ...(draw.chance(50) && !allowed.some(endsServers) && { storage: "memory" }),
    ...(draw.chance(15) && { max_deliver: draw.number(2, 4) }),
    ...setup,
  };
}

function drawRequester(draw: Draw, own: Settings): Settings {
  if (own.kind === "external") return {};
  const onTimeout = own.reply === "core" ? undefined : draw.one("keep", "keep", "keep", "expire", "expire", "cancel");
  return {
    timeout: draw.one("500ms", "1s", "3s"),
    ...(onTimeout !== undefined && onTimeout !== "keep" && { on_timeout: onTimeout }),
  };
}

function drawResponder(draw: Draw, own: Settings): Settings {
  if (!isKit(own)) return {};
  return {
    ...(draw.chance(40) && { concurrency: draw.one(2, 8) }),
    ...(draw.chance(60) && { work: draw.one("20ms", "100ms", "300ms", "700ms") }),
    ...(draw.chance(15) && { fails: 1 }),
  };
}

// Requests.

const isSending = (step: StepData) => "request" in step || "send" in step || "publish" in step;

function drawRequests(draw: Draw, data: ScenarioData): StepData[] {
  const senders = actorsOf(data.requesters).filter(([, { kind }]) => kind !== "external");
  if (senders.length === 0) return [];
  const orders = ordersOf(data);
  return Array.from({ length: draw.number(1, 4) }, (_, i): StepData => {
    const [from, { reply = "mailbox" }] = draw.one(...senders) as [string, Settings];
    const same = { from, order: draw.one(...orders), as: `r${i + 1}` };
    const kind = draw.number(1, 10);
    if (kind <= 3) return { request: { ...same, count: draw.number(3, 20), rate: `${draw.one(10, 50, 200)}/s` } };
    if (kind <= 5 && reply === "mailbox") return { send: same };
    if (kind <= 8 && (reply === "mailbox" || reply === "inbox")) return { request: { ...same, many: true } };
    return { request: same };
  });
}

function ordersOf({ responders }: ScenarioData): string[] {
  const menus = actorsOf(responders).flatMap(([, { menu }]) => Object.keys((menu ?? {}) as Settings));
  return menus.length > 0 ? [...new Set(menus)] : ["order-sandwich", "order-bagel"];
}

// Faults, each with its target, its moment and its length.

const lengths = ["100ms", "300ms", "1s", "2500ms"] as const;
const latest = ["100ms", "300ms", "1s", "2s"] as const;

/** Events that come in the course of a request. */
const moments = [
  "requested",
  "stored",
  "delivered",
  "delivered",
  "executed",
  "executed",
  "replied",
  "acked",
  "received",
];
const momentsOfSend = moments.filter((event) => event !== "received");

/** The anchor of a step after these: an event of a request that was sent before, and the latest time. */
function moment(draw: Draw, before: readonly StepData[]): StepData {
  const sent = before.filter((step) => "request" in step || "send" in step);
  if (sent.length === 0) return { at: draw.one("100ms", "500ms", "1s") };
  const step = draw.one(...sent);
  const { as, count = 1 } = (step.request ?? step.send) as { as: string; count?: number };
  const event = draw.one(...("send" in step ? momentsOfSend : moments));
  const n = draw.number(1, count);
  return { after: `${as}.${event}${n > 1 ? `#${n}` : ""}`, at_latest: draw.one(...latest) };
}

function withFaults(draw: Draw, data: ScenarioData, { faults: allowed }: DrawOptions): StepData[] {
  const steps = [...data.timeline];
  if (allowed.length === 0) return steps;
  const many = draw.one(0, 1, 1, 1, 2, 2, 3);
  for (let i = 0; i < many; i++) {
    const at = draw.number(Math.min(1, steps.length), steps.length);
    steps.splice(at, 0, ...faultSteps(draw, draw.one(...allowed), data, steps.slice(0, at)));
  }
  return steps;
}

/** An actor that a fault ends is started again. */
function faultSteps(draw: Draw, name: FaultName, data: ScenarioData, before: readonly StepData[]): StepData[] {
  const options = faultOptions(draw, name, data);
  if (options === undefined) return [];
  const inject = (forMs?: string) => ({ inject: { [name]: options, ...(forMs && { for: forMs }) } });
  if (name === "crash-actor" || name === "stop-actor") {
    const again = { start: options.actor, ...moment(draw, before) };
    return [{ ...inject(), ...moment(draw, before) }, again];
  }
  return [{ ...inject(momentary.includes(name) ? undefined : draw.one(...lengths)), ...moment(draw, before) }];
}

/** They are over when they are injected. */
const momentary: readonly FaultName[] = [
  "noop",
  "restart-server",
  "leader-stepdown",
  "reset",
  "half-open",
  "lame-duck",
];

/** Undefined if the file has no target for the fault. */
function faultOptions(draw: Draw, name: FaultName, data: ScenarioData): Settings | undefined {
  const nodes = data.server?.nodes === 3 ? ["one", "two", "three"] : ["server"];
  const responders = actorsOf(data.responders).map(([actor]) => actor);
  const requesters = actorsOf(data.requesters).map(([actor]) => actor);
  const actors = draw.chance(75) && responders.length > 0 ? responders : [...requesters, ...responders];
  const shape = (faults[name].options as unknown as { shape: Settings }).shape;
  if ("actor" in shape) return actors.length > 0 ? { actor: draw.one(...actors) } : undefined;
  if ("between" in shape) {
    if (actors.length === 0) return undefined;
    const between = [draw.one(...actors), "server"];
    if (name === "latency") return { between, delay: draw.one("20ms", "200ms") };
    if (name === "bandwidth") return { between, bytes_per_second: draw.one(500, 5_000) };
    return { between };
  }
  if (name === "partition") {
    const alone = draw.one(...nodes);
    return { groups: [[alone], nodes.filter((node) => node !== alone)], by: draw.one("cut", "black-hole") };
  }
  if ("node" in shape && nodes.length > 1) return { node: draw.one(...nodes) };
  return {};
}

// Mutations.

function mutation(draw: Draw, of: ScenarioData, options: DrawOptions): ScenarioData {
  const data = structuredClone(of);
  data.timeline = data.timeline.filter((step) => !isEnding(step));
  const injections = data.timeline.flatMap((step, i) => ("inject" in step ? [i] : []));
  const at = injections.length > 0 ? draw.one(...injections) : undefined;
  const change = at === undefined ? 0 : draw.number(0, 3);
  if (change === 0) data.timeline = withFaults(draw, data, options);
  else if (change === 1) {
    const { after: _, at_latest: __, at: ___, ...step } = data.timeline[at as number] as StepData;
    data.timeline[at as number] = { ...step, ...moment(draw, data.timeline.slice(0, at)) };
  } else if (change === 2) {
    const inject = data.timeline[at as number]?.inject as Settings;
    if ("for" in inject) inject.for = draw.one(...lengths);
  } else if (data.setup !== "none") data.setup = { ...data.setup, ack_wait: draw.one("500ms", "1s", "2s") };
  return finished(data);
}

// The end: heals everything, starts what is down, and waits until the queue is empty.

const drained = "stream.REQUESTS.messages";

export const isEnding = (step: StepData) =>
  step.heal === "all" || (step.eventually as Settings | undefined)?.[drained] !== undefined;

/** The expectation that every request has come to its end. */
export const isUnanswered = (path: string) => path === drained;

/** With its last steps and its checks. */
export function finished(data: ScenarioData): ScenarioData {
  const ending: StepData[] = [{ heal: "all" }];
  if (data.setup !== "none") ending.push({ eventually: { [drained]: 0 }, within: "15s" });
  return { ...data, timeline: [...data.timeline, ...ending], check: applicableChecks(data) };
}

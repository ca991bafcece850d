// Draw: an experiment from a seed, as the data of a scenario file: settings, requests, faults, and the moments of each.
import fc, { type GeneratorValue } from "fast-check";
import { parseDuration } from "../common/duration.js";
import { namesOfNodes } from "../common/node-names.js";
import { type FaultName, faults } from "../faults/index.js";
import { applicableChecks } from "./applicable-checks.js";
import { nodesOf } from "./base.js";
import { type ScenarioData, type Settings, type StepData, scenarioOf } from "./scenario-data.js";

export interface DrawOptions {
  base: ScenarioData;
  /** The faults that may be drawn. */
  faults: readonly FaultName[];
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
  const one = fc.gen().map((g) => drawn(new Draw(g)));
  for (let i = 0; i < mostDraws; i++) {
    const [data] = fc.sample(one, { seed: (seed + i * farSeeds) | 0, numRuns: 1 });
    if (data && scenarioOf(data) !== undefined) return { ...data, scenario: `explored-${seed}` };
  }
  throw new Error(`Seed ${seed} drew no valid scenario in ${mostDraws} draws.`);
}

/** Between two draws of one seed: the next seed has a draw of its own. */
const farSeeds = 1_000_003;

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

/** A shorter one passes on a busy machine without a fault. */
const ackWaits = ["1s", "2s"] as const;

function drawSetup(draw: Draw, data: ScenarioData, { faults: allowed }: DrawOptions): ScenarioData["setup"] {
  const { setup } = data;
  if (setup === "none") return setup;
  return {
    ack_wait: draw.one(...ackWaits),
    ...(nodesOf(data) >= 3 && { replicas: 3 }),
    ...(draw.chance(50) && !allowed.some(endsServers) && { storage: "memory" }),
    ...(draw.chance(15) && { max_deliver: draw.number(2, 4) }),
    ...setup,
  };
}

function drawRequester(draw: Draw, own: Settings): Settings {
  if (own.kind === "external") return {};
  const onTimeout = own.reply === "core" ? undefined : draw.one("keep", "keep", "keep", "expire", "expire", "cancel");
  return {
    timeout: draw.one("2s", "5s"),
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

// Requests: a load lasts while faults are open; single requests end alone.

const isSending = (step: StepData) => "request" in step || "send" in step || "publish" in step;

function drawRequests(draw: Draw, data: ScenarioData): StepData[] {
  const senders = actorsOf(data.requesters).filter(([, { kind }]) => kind !== "external");
  if (senders.length === 0) return [];
  const hasLoad = draw.chance(80);
  const others = hasLoad ? draw.number(0, 2) : draw.number(2, 4);
  return Array.from({ length: others + (hasLoad ? 1 : 0) }, (_, i) => {
    const [from, settings] = draw.one(...senders) as [string, Settings];
    const same = { from, order: draw.one(...ordersOf(data)), as: `r${i + 1}` };
    return i === 0 && hasLoad ? drawLoad(draw, same, data, settings) : drawRequest(draw, same, data, settings);
  });
}

/** Milliseconds of work that a load gives the responders at most. */
const mostWorkMs = 4_000;

function drawLoad(draw: Draw, same: Settings, { responders }: ScenarioData, { reply = "mailbox" }: Settings): StepData {
  const rate = draw.one(5, 10, 20, 40);
  const works = actorsOf(responders).map(([, { work, concurrency }]) => {
    const ms = parseDuration(String(work ?? "1ms")) ?? 1;
    return ms / Number(concurrency ?? 1);
  });
  const count = Math.min(rate * draw.number(1, 3), Math.floor(mostWorkMs / Math.max(1, ...works)));
  const load = { ...same, count: Math.max(2, count), rate: `${rate}/s` };
  return reply === "mailbox" && draw.chance(25) ? { send: load } : { request: load };
}

function drawRequest(draw: Draw, same: Settings, data: ScenarioData, { reply = "mailbox" }: Settings): StepData {
  const kind = draw.number(1, 10);
  const parts = ordersWithParts(data);
  if (kind <= 3 && reply === "mailbox") return { send: same };
  if (kind <= 6 && parts.length > 0 && (reply === "mailbox" || reply === "inbox"))
    return { request: { ...same, order: draw.one(...parts), many: true } };
  return { request: same };
}

const menuOf = ({ responders }: ScenarioData) =>
  actorsOf(responders).flatMap(([, { menu }]) => Object.entries((menu ?? {}) as Settings));

function ordersOf(data: ScenarioData): string[] {
  const orders = menuOf(data).map(([order]) => order);
  return orders.length > 0 ? [...new Set(orders)] : ["order-sandwich", "order-bagel"];
}

const ordersWithParts = (data: ScenarioData) =>
  menuOf(data).flatMap(([order, reply]) => (Array.isArray((reply as Settings | null)?.parts) ? [order] : []));

// Faults, each with its target, its moment and its length.

/** A shorter one ends before a busy machine shows its effect. */
const lengths = ["600ms", "1s", "2s"] as const;
/** A slow link shows in a whole round trip. */
const lengthsOfSlow = ["1500ms", "2500ms"] as const;
const latest = ["1s", "2s", "3s"] as const;

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
/** The others are recorded by the kit's own actors only, or say that the request has ended. */
const momentsOfExternal = ["requested", "stored", "delivered", "replied", "acked"];

/** The anchor of a step after these: an event of a request that was sent before, and the latest time. */
function moment(draw: Draw, before: readonly StepData[], { responders }: ScenarioData): StepData {
  const sent = before.filter((step) => "request" in step || "send" in step);
  if (sent.length === 0) return { at: draw.one("100ms", "500ms", "1s") };
  const step = draw.one(...sent);
  const { as, count = 1 } = (step.request ?? step.send) as { as: string; count?: number };
  const events = actorsOf(responders).every(([, settings]) => isKit(settings)) ? moments : momentsOfExternal;
  const event = draw.one(...events.filter((one) => one !== "received" || "request" in step));
  // In the first half of a load, so that the rest of it meets the fault.
  const n = draw.number(1, Math.ceil(count / 2));
  return { after: `${as}.${event}${n > 1 ? `#${n}` : ""}`, at_latest: draw.one(...latest) };
}

function withFaults(draw: Draw, data: ScenarioData, { faults: allowed }: DrawOptions): StepData[] {
  const steps = [...data.timeline];
  if (allowed.length === 0) return steps;
  const many = draw.one(0, 1, 1, 1, 1, 1, 2, 2, 3);
  for (let i = 0; i < many; i++) {
    const at = draw.number(Math.min(1, steps.length), steps.length);
    steps.splice(at, 0, ...faultSteps(draw, draw.one(...allowed), data, steps.slice(0, at)));
  }
  return possible(steps);
}

/** An actor that a fault ends is started again. */
function faultSteps(draw: Draw, name: FaultName, data: ScenarioData, before: readonly StepData[]): StepData[] {
  const options = faultOptions(draw, name, data);
  if (options === undefined) return [];
  const inject = (forMs?: string) => ({ inject: { [name]: options, ...(forMs && { for: forMs }) } });
  const now = moment(draw, before, data);
  if (endsActor(name))
    return [
      { ...inject(), ...now },
      { start: options.actor, ...moment(draw, before, data) },
    ];
  const isSlow = name === "latency" || name === "bandwidth";
  return [
    { ...inject(momentary.includes(name) ? undefined : draw.one(...(isSlow ? lengthsOfSlow : lengths))), ...now },
  ];
}

const endsActor = (name: string) => name === "crash-actor" || name === "stop-actor";

/** They are over when they are injected. */
const momentary: readonly FaultName[] = ["noop", "restart-server", "leader-stepdown", "reset"];

/** Undefined if the file has no target for the fault. */
function faultOptions(draw: Draw, name: FaultName, data: ScenarioData): Settings | undefined {
  const nodes = namesOfNodes(nodesOf(data));
  const responders = actorsOf(data.responders).map(([actor]) => actor);
  const requesters = actorsOf(data.requesters).map(([actor]) => actor);
  const actors = draw.chance(75) && responders.length > 0 ? responders : [...requesters, ...responders];
  const shape = (faults[name].options as unknown as { shape: Settings }).shape;
  if ("actor" in shape) {
    // A load of a requester that ends stays unfinished.
    const sending = data.timeline.map(loadOf).map((load) => load?.from);
    const all = endsActor(name) ? actors.filter((actor) => !sending.includes(actor)) : actors;
    return all.length > 0 ? { actor: draw.one(...all) } : undefined;
  }
  if ("between" in shape) {
    if (actors.length === 0) return undefined;
    const between = [draw.one(...actors), "server"];
    if (name === "latency") return { between, delay: draw.one("100ms", "300ms") };
    if (name === "bandwidth") return { between, bytes_per_second: draw.one(600, 1_500) };
    return { between };
  }
  if (name === "partition") {
    const alone = draw.one(...nodes);
    return { groups: [[alone], nodes.filter((node) => node !== alone)], by: draw.one("cut", "black-hole") };
  }
  if ("node" in shape && nodes.length > 1) return { node: draw.one(...nodes) };
  return {};
}

/** Without faults of an actor that is down, and with what is open healed before an actor starts: it has to connect. */
function possible(steps: readonly StepData[]): StepData[] {
  const down = new Set<unknown>();
  let open = false;
  return steps.flatMap((step): StepData[] => {
    const { inject, start } = step as { inject?: Settings; start?: unknown };
    if (start !== undefined) {
      if (!down.delete(start)) return [];
      const { start: _, ...timing } = step;
      const healed = open ? [{ heal: "all", ...timing }, { start }] : [step];
      open = false;
      return healed;
    }
    const [name = "", options = {}] = Object.entries(inject ?? {})[0] ?? [];
    const { actor, between = [] } = options as { actor?: unknown; between?: unknown[] };
    if (inject && [actor, ...between].some((one) => down.has(one))) return [];
    if (endsActor(name)) down.add(actor);
    else if (inject && "for" in inject) open = true;
    return [step];
  });
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
    data.timeline[at as number] = { ...step, ...moment(draw, data.timeline.slice(0, at), data) };
  } else if (change === 2) {
    const inject = data.timeline[at as number]?.inject as Settings;
    if ("for" in inject) inject.for = draw.one(...lengths);
  } else if (data.setup !== "none") data.setup = { ...data.setup, ack_wait: draw.one(...ackWaits) };
  return finished(data);
}

// The end: waits until each load is sent and the queue is empty. Each fault heals after its own time.

const drained = "stream.REQUESTS.messages";

export const isEnding = (step: StepData) => (step.eventually as Settings | undefined)?.[drained] !== undefined;

/** The expectation that every request has come to its end. */
export const isUnanswered = (path: string) => path === drained;

/** With its last step and its checks. */
export const finished = (data: ScenarioData): ScenarioData => withEnding({ ...data, check: applicableChecks(data) });

/** With the last step that fits the requests. `within`: for them to end. */
export function withEnding(data: ScenarioData, within = "30s"): ScenarioData {
  const timeline = data.timeline.filter((step) => !isEnding(step));
  if (data.setup === "none") return { ...data, timeline };
  const loads = timeline.flatMap((step) => loadOf(step) ?? []);
  const sent = Object.fromEntries(loads.map(({ as, count }) => [`events.${as}.requested`, count]));
  const named = timeline.map(sentBy).findLast(({ as, count }) => as !== undefined && count === undefined);
  // Before the last request is stored, the queue may be empty, too.
  const stored = named && { after: `${named.as}.stored`, at_latest: "3s" };
  return { ...data, timeline: [...timeline, { eventually: { ...sent, [drained]: 0 }, within, ...stored }] };
}

const sentBy = (step: StepData) => (step.request ?? step.send ?? {}) as Settings;

const loadOf = (step: StepData) => {
  const { as, from, count } = sentBy(step);
  return as === undefined || count === undefined ? undefined : { as, from, count };
};

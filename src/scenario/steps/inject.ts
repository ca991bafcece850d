// Steps `inject` and `heal`: begin and end a fault of the registry in src/faults.
import { z } from "zod";
import { didYouMean } from "../../common/did-you-mean.js";
import { namesOfNodes } from "../../common/node-names.js";
import { type FaultName, faultNames, faults, roles } from "../../faults/index.js";
import { queueNames } from "../../protocol/queue-names.js";
import { type Path, quoted } from "../diagnostic.js";
import { duration, name, optionalMs } from "../fields.js";
import { allStreamsOf } from "../queues.js";
import { actorNames, requireActor, type TimelineState } from "../timeline-state.js";
import { defineStep } from "./step.js";

type Options = Record<string, unknown>;

const optionsOf = Object.fromEntries(
  faultNames.map((fault) => [fault, faults[fault].options.optional().describe(faults[fault].does)]),
) as Record<FaultName, z.ZodOptional<z.ZodType<Options>>>;

const mapping = z
  .strictObject(
    { ...optionsOf, for: duration.optional().describe("The fault heals after this time.") },
    "a mapping like { pause-server: {}, for: 2s }",
  )
  .meta({ oneOf: faultNames.map((fault) => ({ required: [fault] })) });

type InjectFile = string | (Partial<Record<FaultName, Options>> & { for?: string });

const isFault = (text: string): text is FaultName => faultNames.includes(text as FaultName);

/** A fault by its name alone has its defaults; undefined if it has options without a default. */
const defaultsOf = (fault: FaultName) => faults[fault].options.safeParse({}).data as Options | undefined;

export const inject = defineStep({
  schema: z
    .union([name.meta({ enum: faultNames }), mapping], 'a fault like "pause-server", or { latency: {...}, for: 2s }')
    .describe("Injects a fault. `heal`, `for` or the end of the run heals it. See docs/faults.md."),
  affectsActors: true,
  validate(value, path, state) {
    const file = value as InjectFile;
    if (typeof file === "string" && !isFault(file)) {
      const hint = didYouMean(file, [...faultNames], "faults");
      state.report(path, `Expected a fault, got ${quoted(file)}`, { hint });
      return;
    }
    if (typeof file !== "string" && Object.keys(file).filter(isFault).length !== 1) {
      state.report(path, "Expected one fault here: write one step for each", { at: "key" });
      return;
    }
    const { fault, options, time } = read(file);
    if (!fault) return;
    state.injected.add(fault);
    if (!options) {
      const keys = Object.keys((faults[fault].options as unknown as z.ZodObject).shape).join(", ");
      state.report(path, `Expected more about ${fault}: it needs ${keys}`, { hint: `\`${fault}: { ... }\`` });
      return;
    }
    checkOptions(fault, options, typeof file === "string" ? path : [...path, fault], state);
    const { actor } = options as { actor?: string };
    if (fault === "pause-actor" && actor !== undefined && time === undefined) state.frozen.add(actor);
  },
  build(file) {
    const { fault, options, time } = read(file as InjectFile);
    if (!fault || !options) throw new Error("an inject without a fault passed validation");
    return { kind: "inject", fault, options, forMs: optionalMs(time) };
  },
});

export const heal = defineStep({
  schema: name.meta({ enum: [...faultNames, "all"] }).describe("Heals an injected fault, by its name, or `all`."),
  validate(fault, path, state) {
    if (fault === "all" || fault === "pause-actor") state.frozen.clear();
    if (fault === "all" || state.injected.has(fault)) return;
    const known = [...state.injected];
    const hint = didYouMean(fault, known, "injected so far") ?? "nothing is injected before this step";
    state.report(path, `Expected a fault that was injected before, got ${quoted(fault)}`, { hint });
  },
  build: (fault) => ({ kind: "heal", fault: fault as FaultName | "all" }),
});

function read(file: InjectFile) {
  if (typeof file === "string") return isFault(file) ? { fault: file, options: defaultsOf(file) } : {};
  const [fault] = Object.keys(file).filter(isFault);
  return fault ? { fault, options: file[fault], time: file.for } : {};
}

interface InjectOptions {
  actor?: string;
  node?: string;
  between?: string[];
  to?: string;
  keep?: string;
  groups?: string[][];
  stream?: string;
}

/** REQUESTS, the default, exists only if an actor uses the queue without a name. */
function checkStream(fault: FaultName, stream: string | undefined, path: Path, state: TimelineState): void {
  const { queues, setup, streams } = state.parts;
  if (stream === undefined || setup === "none") return;
  const known = [...queues.map(queueNames).flatMap(allStreamsOf), ...streams.keys()];
  if (known.includes(stream)) return;
  state.report(path, `Expected ${fault} to name a stream of the scenario, got ${quoted(stream)}`, {
    at: "key",
    hint: didYouMean(stream, known, "known here") ?? `write { ${fault}: { stream: ${known[0]} } }`,
  });
}

function checkOptions(fault: FaultName, options: Options, path: Path, state: TimelineState): void {
  const nodes = namesOfNodes(state.parts.server?.nodes ?? 1);
  if ((faults[fault].needs as readonly string[]).includes("three-nodes") && nodes.length < 3)
    state.report(
      path,
      `Expected three servers or more for ${fault}, got ${nodes.length === 1 ? "one" : nodes.length}`,
      { at: "key", hint: "add `server: { nodes: 3 }`" },
    );
  const { actor, node, between, to, keep, groups, stream } = options as InjectOptions;
  checkStream(fault, stream, path, state);
  if (actor !== undefined && requireActor(state, [...path, "actor"], actor)) {
    if (fault !== "pause-actor") {
      state.online.set(actor, false);
      state.paused.set(actor, false);
      state.frozen.delete(actor);
    }
  }
  const withRoles = nodes.length > 1 ? [...nodes, ...roles] : nodes;
  const ends = [...actorNames(state.parts), "server", ...withRoles];
  const places: [string, Path, string[]][] = (between ?? []).map((end, i) => [end, [...path, "between", i], ends]);
  if (node !== undefined) places.push([node, [...path, "node"], withRoles]);
  if (keep !== undefined) places.push([keep, [...path, "keep"], nodes]);
  if (to !== undefined) places.push([to, [...path, "to"], nodes]);
  (groups ?? []).forEach((group, i) => {
    group.forEach((one, j) => {
      places.push([one, [...path, "groups", i, j], nodes]);
    });
  });
  for (const [end, where, known] of places) {
    if (known.includes(end)) continue;
    state.report(where, `Expected one of ${[...new Set(known)].join(", ")}, got ${quoted(end)}`, {
      hint: didYouMean(end, known, "known here"),
    });
  }
}

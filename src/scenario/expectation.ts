// Expectations: checks that what an expectation measures exists, and that what it wants is possible.
import { didYouMean } from "../common/did-you-mean.js";
import { parseDuration } from "../common/duration.js";
import { namesOfNodes } from "../common/node-names.js";
import { type Comparison, type Condition, comparisons, type NumberCondition } from "../history/condition.js";
import { type AdvisoryKind, advisoryKinds } from "../history/event.js";
import { percentiles } from "../history/latency.js";
import { repliesEnds, whereaboutsWords } from "../protocol/events.js";
import { defaultNames, queueNames } from "../protocol/queue-names.js";
import { got, type Path, pathText, quoted } from "./diagnostic.js";
import { consumerFields, type Metric, replicaFields, requestEvents, streamFields, type TimeMetric } from "./model.js";
import { streamsOf } from "./queues.js";
import {
  actorNames,
  checkAwaited,
  eventsOfActor,
  requireRequested,
  requireSent,
  requireStored,
  type ScenarioParts,
  type TimelineState,
} from "./timeline-state.js";

/** First words, and whether any text or one of a list may follow: `ok 🥪`, `timed-out`, `ended by stall`. */
type Vocabulary = Record<string, boolean | readonly string[]>;

const outcomes: Vocabulary = {
  pending: false,
  stored: false,
  refused: false,
  ok: true,
  error: true,
  rejected: true,
  expired: true,
  cancelled: true,
  "dead-lettered": true,
  "timed-out": false,
  "no-responders": false,
  puback: false,
  "not-collected": false,
  ended: repliesEnds.filter((end) => end !== "last").map((end) => `by ${end}`),
  failed: false,
};

const places: Vocabulary = Object.fromEntries(whereaboutsWords.map((word) => [word, false]));

export function checkExpectation(path: Path, wanted: Wanted, state: TimelineState): void {
  const key = String(path.at(-1));
  const metric = parseMetric(key);
  if (metric === undefined || !isThere(metric, state.parts)) unknownPath(key, path, state);
  else if (metric.kind === "outcome") checkRequest(metric.of, path, wanted, state);
  else if (metric.kind === "whereabouts") checkPlace(metric.of, path, wanted, state);
  else if (checkMetric(metric, path, state))
    checkNumber(wanted, unitOf(metric) === "time" ? "time" : "count", path, state);
}

function unknownPath(key: string, path: Path, state: TimelineState): void {
  const [kind = "", name = ""] = key.split(".");
  const ends: readonly string[] = Object.hasOwn(namedPaths, kind) ? namedPaths[kind as keyof typeof namedPaths] : [];
  const request = name || ([...state.sent.keys()][0] ?? "lunch");
  const known =
    ends.length > 0
      ? ends.map((end) => `${kind}.${name}.${end}`)
      : [...fixedPaths(state.parts), `whereabouts.${request}`];
  state.report(path, `Expected a count that exists, got ${quoted(key)}`, { at: "key", hint: didYouMean(key, known) });
}

function checkRequest(alias: string, path: Path, wanted: Wanted, state: TimelineState): void {
  if (state.sent.has(alias) || state.aliases.has(alias)) {
    if (!requireSent(state, path, alias)) return;
    checkOutcome(outcomes, path, wanted, state);
    for (const { word, path: place, at } of wordsOf(wanted, path)) checkAwaited(alias, word, place, state, at);
  } else {
    const hint = didYouMean(alias, [...state.sent.keys(), ...fixedPaths(state.parts)], "known here");
    state.report(path, `Expected a request's name or a count, got ${quoted(alias)}`, { at: "key", hint });
  }
}

/** Of a request that is stored. */
function checkPlace(alias: string, path: Path, wanted: Wanted, state: TimelineState): void {
  if (!requireRequested(state, path, alias)) return;
  if (requireStored(state, path, alias, "key")) checkOutcome(places, path, wanted, state);
}

/** False if it cannot be measured. */
function checkMetric(
  metric: Exclude<Metric, { kind: "outcome" | "whereabouts" }>,
  path: Path,
  state: TimelineState,
): boolean {
  if (metric.kind === "events" && actorNames(state.parts).includes(metric.of))
    return known(metric, eventsOfActor(metric.of, state.parts), path, state);
  if (metric.kind === "events" || metric.kind === "duration" || metric.kind === "latency")
    return requireSent(state, path, metric.of) && known(metric, namedPaths[metric.kind], path, state);
  if (metric.kind === "replica" && !hasServer(metric.node, path, state)) return false;
  if (state.parts.setup !== "none" || isOther(metric, state.parts)) return true;
  state.report(path, "Expected streams to count in, but the file says `setup: none`", { at: "key" });
  return false;
}

/** Only the servers of a cluster have replicas. */
function hasServer(node: string, path: Path, { parts, report }: TimelineState): boolean {
  const { nodes = 1 } = parts.server ?? {};
  const names = nodes > 1 ? namesOfNodes(nodes) : [];
  if (parts.server === undefined || names.includes(node)) return true;
  const hint = names.length > 0 ? didYouMean(node, names, "servers") : "add `server: { nodes: 3 }`";
  report(path, `Expected a server of a cluster, got ${quoted(node)}`, { at: "key", hint });
  return false;
}

function known({ field }: { field: string }, all: readonly string[], path: Path, state: TimelineState): boolean {
  if (all.includes(field)) return true;
  state.report(path, `Expected ${quoted(String(path.at(-1)))} to end in an event, got ${quoted(field)}`, {
    at: "key",
    hint: didYouMean(field, all, "known"),
  });
  return false;
}

function checkNumber(wanted: Wanted, unit: "count" | "time", path: Path, state: TimelineState): void {
  const single = typeof wanted === "string" || typeof wanted === "number";
  if (single && numberCondition(wanted, unit)) return;
  const other = unit === "time" ? comparedTime(wanted) : undefined;
  if (other) {
    checkMetric(other, path, state);
    return;
  }
  const hint =
    typeof wanted === "string" && unit === "count" && /^\d+$/.test(wanted)
      ? `write it without quotes: ${wanted}`
      : undefined;
  const words = unit === "time" ? timeText : countText;
  state.report(path, `Expected \`${pathText(path)}\` to be ${words}, got ${got(wanted)}`, { hint });
}

interface Word {
  word: string;
  path: Path;
  at: "key" | "value";
}

/** Each outcome or place in a wanted value. */
function wordsOf(wanted: Wanted, path: Path): Word[] {
  if (typeof wanted === "number") return [];
  if (typeof wanted === "string") return [{ word: wanted, path, at: "value" }];
  if (isList(wanted)) return wanted.map((word, i) => ({ word, path: [...path, i], at: "value" }));
  return Object.keys(wanted).map((word) => ({ word, path: [...path, word], at: "key" }));
}

function checkOutcome(words: Vocabulary, path: Path, wanted: Wanted, state: TimelineState): void {
  if (typeof wanted === "number")
    state.report(path, `Expected \`${pathText(path)}\` to be ${kindOf(words).example}, got ${got(wanted)}`);
  for (const word of wordsOf(wanted, path)) checkWord(words, word, state);
  if (typeof wanted === "object" && !isList(wanted))
    for (const [word, count] of Object.entries(wanted)) checkNumber(count, "count", [...path, word], state);
}

const kindOf = (words: Vocabulary) =>
  words === outcomes
    ? { one: "begin with an outcome", all: "outcomes", example: 'an outcome like "ok 🥪"' }
    : { one: "be a place", all: "places", example: 'a place like "queued"' };

function checkWord(words: Vocabulary, { word, path, at }: Word, state: TimelineState): void {
  const [first = "", ...rest] = word.split(" ");
  const text = rest.join(" ");
  const after = Object.hasOwn(words, first) ? words[first] : undefined;
  const report = (expected: string, hint?: string) =>
    state.report(path, `Expected \`${pathText(path)}\` to ${expected}, got ${quoted(word)}`, { at, hint });
  if (after === undefined) report(kindOf(words).one, didYouMean(first, Object.keys(words), kindOf(words).all));
  else if (after === false && rest.length > 0) report(`be ${quoted(first)} and nothing else`);
  else if (typeof after === "object" && text !== "" && !after.includes(text))
    report("end in one of these", didYouMean(text, after, "known"));
}

// What an expectation can measure: `lunch`, `whereabouts.lunch`, `stream.REQUESTS.messages`, `latency.jobs.p99`.

/** The paths that need no name of a request or an actor. */
function fixedPaths({ queues, setup, streams }: ScenarioParts): string[] {
  const names = queues.map(queueNames);
  const all = consumersOf(setup).map((consumer) => `consumer.${consumer}`);
  const ofQueue = names.flatMap(({ requestStream }) =>
    consumersOf(setup).map((consumer) => `consumer.${requestStream}.${consumer}`),
  );
  const ofOthers = [...streams].flatMap(([stream, settings]) =>
    Object.keys(settings?.consumers ?? {}).map((consumer) => `consumer.${stream}.${consumer}`),
  );
  return [
    ...[...names.flatMap(streamsOf), ...streams.keys()].flatMap((stream) =>
      streamFields.map((field) => `stream.${stream}.${field}`),
    ),
    ...[...all, ...(queues.length > 1 ? ofQueue : []), ...ofOthers].flatMap((one) =>
      consumerFields.map((field) => `${one}.${field}`),
    ),
    ...advisoryPaths,
  ];
}

const advisoryPaths = advisoryKinds.map((kind) => `advisory.${kind}`);

const consumersOf = (setup: ScenarioParts["setup"]): string[] =>
  Object.keys((setup !== "none" && setup?.consumers) || { [defaultNames.consumer]: true });

/** Whether the scenario has the stream and the consumer. */
function isThere(metric: Metric, parts: ScenarioParts): boolean {
  if (isOther(metric, parts)) return true;
  const { queues, setup } = parts;
  if (metric.kind === "stream" || metric.kind === "replica")
    return queues.map(queueNames).flatMap(streamsOf).includes(metric.of);
  if (metric.kind !== "consumer") return true;
  const { stream } = metric;
  const known = stream === undefined || queues.map(queueNames).some(({ requestStream }) => requestStream === stream);
  return known && consumersOf(setup).includes(metric.of);
}

/** Of a stream beside those of the queues. One with a mistake in it may have any consumer. */
function isOther(metric: Metric, { streams }: ScenarioParts): boolean {
  if (metric.kind === "stream" || metric.kind === "replica") return streams.has(metric.of);
  if (metric.kind !== "consumer" || metric.stream === undefined || !streams.has(metric.stream)) return false;
  const settings = streams.get(metric.stream);
  return settings === undefined || metric.of in settings.consumers;
}

/** The ends of the paths that have a name of the file's in the middle. */
const namedPaths = { events: requestEvents, duration: requestEvents, latency: percentiles } as const;

const namePattern = "[a-z][a-z0-9-]*";
const streamPattern = "[A-Z0-9][A-Z0-9_-]*";
/** What one server of a cluster has of a stream. */
const replicaSource = `stream\\.${streamPattern}\\.replica\\.([a-z]+)\\.(${replicaFields.join("|")})`;
const replicaPattern = new RegExp(`^${replicaSource}$`);

/** For editors; `checkExpectation` knows which names there are. */
export const pathPattern = `^(${[
  namePattern,
  `whereabouts\\.${namePattern}`,
  `stream\\.${streamPattern}\\.(${streamFields.join("|")})`,
  replicaSource,
  `consumer\\.(${streamPattern}\\.)?${namePattern}\\.(${consumerFields.join("|")})`,
  ...advisoryPaths.map((path) => path.replaceAll(".", "\\.")),
  ...["events", "duration"].map((kind) => `${kind}\\.${namePattern}\\.[a-z-]+`),
  `latency\\.${namePattern}\\.(${percentiles.map((one) => one.replace(".", "\\.")).join("|")})`,
].join("|")})$`;

/** `undefined` for a path that is none. `checkExpectation` knows which names exist. */
export function parseMetric(path: string): Metric | undefined {
  const [kind = "", name = "", ...rest] = path.split(".");
  const field = rest.join(".");
  if (!path.includes(".")) return { kind: "outcome", of: path };
  if (kind === "whereabouts") return field === "" && name !== "" ? { kind, of: name } : undefined;
  if (kind in namedPaths) {
    const ends: readonly string[] = namedPaths[kind as keyof typeof namedPaths];
    // Events may also be an actor's; which of the two a name is, the file says.
    return kind === "events" || ends.includes(field) ? ({ kind, of: name, field } as Metric) : undefined;
  }
  if (advisoryPaths.includes(path)) return { kind: "advisory", of: name as AdvisoryKind };
  const replica = replicaPattern.exec(path);
  if (replica) return { kind: "replica", of: name, node: replica[1], field: replica[2] } as Metric;
  if (kind === "stream") return includes(streamFields, field) ? { kind, of: name, field } : undefined;
  if (kind !== "consumer") return undefined;
  const [stream, of, end] = rest.length > 1 ? [name, ...rest] : [undefined, name, field];
  return includes(consumerFields, end) ? { kind, ...(stream && { stream }), of: of as string, field: end } : undefined;
}

const includes = <T extends string>(all: readonly T[], one: string | undefined): one is T => all.some((t) => t === one);

/** Words for each request of a name, times in milliseconds; everything else is counted. */
export function unitOf({ kind }: Metric): "outcome" | "time" | "count" {
  if (kind === "outcome" || kind === "whereabouts") return "outcome";
  return kind === "duration" || kind === "latency" ? "time" : "count";
}

// What an expectation wants: `3`, `">= 3"`, `2..5`, `"< 2s"`, `ok 🥪`, `[ok, cancelled]`, `{ ok: 3 }`.

export type Wanted = string | number | readonly string[] | Readonly<Record<string, string | number>>;

const operators = Object.keys(comparisons) as Comparison[];
const comparedPattern = new RegExp(`^(${operators.join("|")})\\s*(.+)$`);

export const countText = 'a count: a whole number, 0 or more, a comparison like ">= 3", or a range like 2..5';
const timeText = 'a comparison of times like "< 2s" or "< duration.lunch.received", or a range like 1s..2s';

/** `undefined` for what is no such condition. `unit` says what its numbers are. */
function numberCondition(wanted: string | number, unit: "count" | "time"): NumberCondition | undefined {
  const read = unit === "time" ? parseDuration : wholeNumber;
  if (typeof wanted === "number")
    return unit === "count" && Number.isInteger(wanted) && wanted >= 0 ? { is: "exactly", value: wanted } : undefined;
  const [, by, rest = ""] = comparedPattern.exec(wanted) ?? [];
  if (by) {
    const value = read(rest);
    return value === undefined ? undefined : { is: "compared", by: by as Comparison, value };
  }
  const [from, to] = wanted.split("..").map((end) => read(end));
  if (!wanted.includes("..") || from === undefined || to === undefined || from > to) return undefined;
  return { is: "between", from, to };
}

/** The time that a wanted value compares with: of `< duration.alone.received` the duration. */
export function comparedTime(wanted: Wanted): TimeMetric | undefined {
  const [, , path = ""] = typeof wanted === "string" ? (comparedPattern.exec(wanted) ?? []) : [];
  const metric = parseMetric(path);
  return metric?.kind === "duration" || metric?.kind === "latency" ? metric : undefined;
}

const wholeNumber = (text: string) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined);

/** Of a valid wanted value. The value of `comparedTime` is measured later. */
export function conditionOf(wanted: Wanted, unit: "outcome" | "count" | "time"): Condition {
  if (unit === "outcome") return outcomeCondition(wanted);
  if (unit === "time" && comparedTime(wanted))
    return { is: "compared", by: comparedPattern.exec(String(wanted))?.[1] as Comparison, value: 0 };
  const condition = numberCondition(wanted as string | number, unit);
  if (condition === undefined) throw new Error(`a wanted value passed validation: ${JSON.stringify(wanted)}`);
  return condition;
}

function outcomeCondition(wanted: Wanted): Condition {
  if (typeof wanted === "string") return { is: "outcome", oneOf: [wanted] };
  if (isList(wanted)) return { is: "outcome", oneOf: [...wanted] };
  const counts = Object.entries(wanted).map(([outcome, n]) => [outcome, conditionOf(n, "count")]);
  return { is: "outcomes", counts: Object.fromEntries(counts) as Record<string, NumberCondition> };
}

const isList = (wanted: Wanted): wanted is readonly string[] => Array.isArray(wanted);

/** As part of a sentence: `ok 🥪 or cancelled`, `ok: 3, timed-out: 1`. */
export function wantedText(wanted: Wanted): string | number {
  if (typeof wanted === "string" || typeof wanted === "number") return wanted;
  if (isList(wanted)) return wanted.join(" or ");
  return Object.entries(wanted)
    .map(([outcome, n]) => `${outcome}: ${n}`)
    .join(", ");
}

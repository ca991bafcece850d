// Whether an expectation makes sense: what it looks at exists, and what it wants can be.
import { repliesEnds, whereaboutsWords } from "../history/event.js";
import { eventsOfActor } from "./actor-events.js";
import { actorNames } from "./cast.js";
import { countWords, isList, numberCondition, timeWords, type Wanted } from "./conditions.js";
import { got, type Path, pathText, quoted } from "./finding.js";
import { fixedPaths, namedPaths, parseLook, unitOf } from "./looks.js";
import type { Look } from "./model.js";
import { didYouMean } from "./nearest.js";
import { checkAwaited } from "./unawaited.js";
import { requireRequested, requireSent, strategyOf, type World } from "./world.js";

/** The first word of an outcome, and whether a text may follow it, or which: `ok 🥪`, `timed-out`, `ended by stall`. */
type Words = Record<string, { text: boolean | readonly string[] }>;

const outcomes: Words = {
  pending: { text: false },
  stored: { text: false },
  refused: { text: false },
  ok: { text: true },
  error: { text: true },
  rejected: { text: true },
  expired: { text: true },
  cancelled: { text: true },
  "dead-lettered": { text: true },
  "timed-out": { text: false },
  "no-responders": { text: false },
  puback: { text: false },
  "not-collected": { text: false },
  ended: { text: repliesEnds.filter((end) => end !== "last").map((end) => `by ${end}`) },
  failed: { text: false },
};

const places: Words = Object.fromEntries(whereaboutsWords.map((word) => [word, { text: false }]));

export function checkExpectation(path: Path, wanted: Wanted, world: World): void {
  const key = String(path.at(-1));
  const look = parseLook(key);
  if (look === undefined) unknownPath(key, path, world);
  else if (look.kind === "outcome") checkRequest(look.of, path, wanted, world);
  else if (look.kind === "whereabouts") checkPlace(look.of, path, wanted, world);
  else if (checkLook(look, path, world))
    checkNumber(wanted, unitOf(look) === "time" ? "time" : "count", path, world);
}

function unknownPath(key: string, path: Path, world: World): void {
  const [kind = "", name = ""] = key.split(".");
  const ends: readonly string[] = Object.hasOwn(namedPaths, kind)
    ? namedPaths[kind as keyof typeof namedPaths]
    : [];
  const request = name || ([...world.sent.keys()][0] ?? "lunch");
  const known =
    ends.length > 0 ? ends.map((end) => `${kind}.${name}.${end}`) : [...fixedPaths, `whereabouts.${request}`];
  world.report(path, `Expected a count that exists, got ${quoted(key)}`, {
    at: "key",
    hint: didYouMean(key, known),
  });
}

function checkRequest(alias: string, path: Path, wanted: Wanted, world: World): void {
  if (world.sent.has(alias) || world.aliases.has(alias)) {
    if (!requireSent(world, path, alias)) return;
    checkWords(outcomes, path, wanted, world);
    if (typeof wanted === "string") checkAwaited(alias, wanted, path, world);
    else if (isList(wanted))
      for (const [i, one] of wanted.entries()) checkAwaited(alias, one, [...path, i], world);
    else if (typeof wanted === "object")
      for (const word of Object.keys(wanted)) checkAwaited(alias, word, [...path, word], world, "key");
  } else {
    const hint = didYouMean(alias, [...world.sent.keys(), ...fixedPaths], "known here");
    world.report(path, `Expected a request's name or a count, got ${quoted(alias)}`, { at: "key", hint });
  }
}

/** Of a request that is stored. */
function checkPlace(alias: string, path: Path, wanted: Wanted, world: World): void {
  if (!requireRequested(world, path, alias)) return;
  if (strategyOf(world, world.sent.get(alias)?.from) === "core")
    world.report(path, `Expected a request that is stored, got ${quoted(alias)}: it has \`reply: core\``, {
      at: "key",
    });
  else checkWords(places, path, wanted, world);
}

/** False where it cannot be looked at. */
function checkLook(
  look: Exclude<Look, { kind: "outcome" | "whereabouts" }>,
  path: Path,
  world: World,
): boolean {
  if (look.kind === "events" && actorNames(world.draft).includes(look.of))
    return known(look, eventsOfActor(look.of, world.draft), path, world);
  if (look.kind === "events" || look.kind === "duration" || look.kind === "latency")
    return requireSent(world, path, look.of) && known(look, namedPaths[look.kind], path, world);
  if (world.draft.setup !== "none") return true;
  world.report(path, "Expected streams to count in, but the file says `setup: none`", { at: "key" });
  return false;
}

function known({ field }: { field: string }, all: readonly string[], path: Path, world: World): boolean {
  if (all.includes(field)) return true;
  world.report(path, `Expected ${quoted(String(path.at(-1)))} to end in an event, got ${quoted(field)}`, {
    at: "key",
    hint: didYouMean(field, all, "known"),
  });
  return false;
}

function checkNumber(wanted: Wanted, unit: "count" | "time", path: Path, world: World): void {
  const single = typeof wanted === "string" || typeof wanted === "number";
  if (single && numberCondition(wanted, unit)) return;
  const hint =
    typeof wanted === "string" && unit === "count" && /^\d+$/.test(wanted)
      ? `write it without quotes: ${wanted}`
      : undefined;
  const words = unit === "time" ? timeWords : countWords;
  world.report(path, `Expected \`${pathText(path)}\` to be ${words}, got ${got(wanted)}`, { hint });
}

function checkWords(words: Words, path: Path, wanted: Wanted, world: World): void {
  if (typeof wanted === "string") checkWord(words, path, wanted, world);
  else if (typeof wanted === "number")
    world.report(path, `Expected \`${pathText(path)}\` to be ${kindOf(words).example}, got ${got(wanted)}`);
  else if (isList(wanted))
    for (const [i, one] of wanted.entries()) checkWord(words, [...path, i], one, world);
  else
    for (const [word, count] of Object.entries(wanted)) {
      checkWord(words, [...path, word], word, world, "key");
      checkNumber(count, "count", [...path, word], world);
    }
}

const kindOf = (words: Words) =>
  words === outcomes
    ? { one: "begin with an outcome", all: "outcomes", example: 'an outcome like "ok 🥪"' }
    : { one: "be a place", all: "places", example: 'a place like "queued"' };

function checkWord(
  words: Words,
  path: Path,
  value: string,
  world: World,
  at: "key" | "value" = "value",
): void {
  const where = `\`${pathText(path)}\``;
  const [word = "", ...rest] = value.split(" ");
  if (!Object.hasOwn(words, word)) {
    const { one, all } = kindOf(words);
    const hint = didYouMean(word, Object.keys(words), all);
    world.report(path, `Expected ${where} to ${one}, got ${quoted(value)}`, { at, hint });
  } else if (rest.length > 0 && !words[word]?.text) {
    world.report(path, `Expected ${where} to be ${quoted(word)} and nothing else, got ${quoted(value)}`, {
      at,
    });
  } else checkText(words[word]?.text, rest.join(" "), path, value, world, at);
}

/** What may follow the word, where not everything may. */
function checkText(
  known: boolean | readonly string[] | undefined,
  text: string,
  path: Path,
  value: string,
  world: World,
  at: "key" | "value",
): void {
  if (typeof known !== "object" || text === "" || known.includes(text)) return;
  const hint = didYouMean(text, known, "known");
  world.report(path, `Expected \`${pathText(path)}\` to end in one of these, got ${quoted(value)}`, {
    at,
    hint,
  });
}

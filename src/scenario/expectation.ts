// Expectations: the outcome of a request by its name, or a count of messages by its path.
import { got, type Path, pathText, quoted } from "./finding.js";
import { didYouMean } from "./nearest.js";
import { countPaths } from "./words.js";
import { requireSent, type World } from "./world.js";

/** The first word of an outcome, and whether a text may follow it: `ok 🥪`, `timed-out`. */
const outcomes: Record<string, { text: boolean }> = {
  pending: { text: false },
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
  failed: { text: false },
};

export function checkExpectation(path: Path, value: string | number, world: World): void {
  const key = String(path.at(-1));
  if (key.includes(".")) checkCount(key, path, value, world);
  else if (world.sent.has(key) || world.aliases.has(key)) {
    if (requireSent(world, path, key)) checkOutcome(path, value, world);
  } else {
    const hint = didYouMean(key, [...world.sent.keys(), ...countPaths], "known here");
    world.report(path, `Expected a request's name or a count, got ${quoted(key)}`, { at: "key", hint });
  }
}

function checkCount(key: string, path: Path, value: string | number, world: World): void {
  const where = `\`${pathText(path)}\``;
  if (!countPaths.includes(key)) {
    world.report(path, `Expected a count that exists, got ${quoted(key)}`, {
      at: "key",
      hint: didYouMean(key, countPaths),
    });
  } else if (world.draft.setup === "none") {
    world.report(path, `Expected streams to count in, but the file says \`setup: none\``, { at: "key" });
  } else if (typeof value !== "number") {
    const hint = /^\d+$/.test(value) ? `write it without quotes: ${value}` : undefined;
    world.report(path, `Expected ${where} to be a count: a whole number, 0 or more, got ${got(value)}`, {
      hint,
    });
  }
}

function checkOutcome(path: Path, value: string | number, world: World): void {
  const where = `\`${pathText(path)}\``;
  if (typeof value === "number") {
    world.report(path, `Expected ${where} to be an outcome like "ok 🥪", got ${got(value)}`);
    return;
  }
  const [word = "", ...rest] = value.split(" ");
  if (!Object.hasOwn(outcomes, word)) {
    const hint = didYouMean(word, Object.keys(outcomes), "outcomes");
    world.report(path, `Expected ${where} to begin with an outcome, got ${quoted(value)}`, { hint });
  } else if (rest.length > 0 && !outcomes[word]?.text) {
    world.report(path, `Expected ${where} to be ${quoted(word)} and nothing else, got ${quoted(value)}`);
  }
}

// What people, and merges, do to scenario files: their text cut up, their lines moved about, their values in the wrong
// places. Shared by the short test (mutations.test.ts) and the long one (`npm run fuzz`).
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { expect } from "vitest";
import { parse, stringify } from "yaml";
import { findScenarios, formatDiagnostics, type Parsed, parseScenario } from "../internal/scenario.js";
import { anyText } from "../support/any-text.js";
import { badFiles, goodFile } from "./bad-files.js";

const listed = await findScenarios();
const real = [goodFile, ...(await Promise.all(listed.map(({ file }) => readFile(file, "utf8"))))];
/** The small ones: the others are about size itself. */
const bad = Object.values(badFiles).filter((text) => text.length < 3000);

const someText = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...real) },
  { weight: 1, arbitrary: fc.constantFrom(...bad) },
);

/** What breaks YAML, the schema or the meaning most often. */
const pieces = [
  ..."\t\n\r:,-{}[]\"'&*!|>%#?@`\u0000\u001b\uFEFF🥪",
  ...["  ", "---\n", "<<: *a", "<<: ", "&a ", "*a", "null", "5", "5s", "ok", "alice", "bob", "__proto__: 1\n"],
  ...["constructor", "toString", "stream.", "after: ", "within: 1s", "setup: none\n", "lunch", "- ", "true"],
  ...["1e999", "sweep: { setup.ack_wait: [1s, 2s] }\n", "repeat: 3\n", "thresholds: { lunch: ok }\n", "0x1", "~"],
];

const piece = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...pieces) }, { weight: 1, arbitrary: anyText(8) });

/** Cuts out up to 30 characters at a place and puts something there. */
const edit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat(30), put: piece });

export const edited = fc.tuple(someText, fc.array(edit, { minLength: 1, maxLength: 4 })).map(([text, edits]) =>
  edits.reduce((now, { at, cut, put }) => {
    const place = Math.floor(at * now.length);
    return now.slice(0, place) + put + now.slice(place + cut);
  }, text),
);

/** Lines moved about: valid YAML more often than not, and nonsense as a scenario. */
export const shuffled = someText.chain((text) =>
  fc.shuffledSubarray(text.split("\n"), { minLength: 1 }).map((some) => some.join("\n")),
);

type Node = Record<string | number, unknown>;

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null;

/** Every place in the data: what it is in, and under which key. */
function places(data: unknown): [parent: Node, key: string][] {
  if (!isNode(data)) return [];
  return Object.keys(data).flatMap((key) => [[data, key] as [Node, string], ...places(data[key])]);
}

/** Values and keys that stand somewhere in the real files: right words in the wrong place. */
const known = real.flatMap((text) => places(parse(text)));
const values = [...new Set(known.map(([parent, key]) => JSON.stringify(parent[key])))];
const keys = [...new Set(known.map(([, key]) => key))].filter((key) => !/^\d+$/.test(key));
const odd = [null, 0, -1, 1.5, 1e21, true, "", " ", "5", "none", [], {}, [[]], [{}], { a: 1 }, "é\u202e", "__proto__"];

const value = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...values).map((text): unknown => JSON.parse(text)) },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(...odd) },
  { weight: 1, arbitrary: anyText(8) },
);

const change = fc.record({
  at: fc.nat(10_000),
  how: fc.constantFrom("remove", "replace", "rename", "add", "wrap", "repeat", "swap"),
  key: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...keys) }, { weight: 1, arbitrary: anyText(8) }),
  value,
});

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

const changes: Record<Change["how"], (parent: Node, key: string, change: Change, all: [Node, string][]) => void> = {
  remove: (parent, key) => void (Array.isArray(parent) ? parent.splice(Number(key), 1) : delete parent[key]),
  replace: (parent, key, { value }) => void define(parent, key, structuredClone(value)),
  rename: (parent, key, change) => {
    define(parent, change.key, parent[key]);
    delete parent[key];
  },
  add: (parent, key, change) => {
    const inside = parent[key];
    define(isNode(inside) && !Array.isArray(inside) ? inside : parent, change.key, structuredClone(change.value));
  },
  wrap: (parent, key, change) =>
    void define(parent, key, change.at % 2 ? [parent[key]] : { [change.key]: parent[key] }),
  repeat: (parent, key) =>
    void (Array.isArray(parent)
      ? parent.splice(Number(key), 0, structuredClone(parent[Number(key)]))
      : define(parent, `${key}-2`, structuredClone(parent[key]))),
  swap: (parent, key, { at }, all) => {
    const [otherParent, otherKey] = all[(at * 7) % all.length] as [Node, string];
    const [one, other] = [structuredClone(parent[key]), structuredClone(otherParent[otherKey])];
    define(parent, key, other);
    define(otherParent, otherKey, one);
  },
};

/** As a file has it: `__proto__` is a key like any other there. */
const define = (parent: Node, key: string, value: unknown) =>
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });

/** The data of a file changed, and written as YAML again: always YAML, seldom a scenario. */
export const restructured = fc
  .tuple(fc.constantFrom(...real), fc.array(change, { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([text, all, flow]) => {
    const data: unknown = parse(text);
    for (const one of all) {
      const found = places(data);
      const [parent, key] = found[one.at % found.length] ?? [];
      if (parent && key !== undefined) changes[one.how](parent, key, one, found);
    }
    return stringify(data, { lineWidth: 0, collectionStyle: flow ? "flow" : "any" });
  });

export const anything = anyText(200);

/** A scenario or diagnostics, and each diagnostic a sentence of ours with a place in the text. */
export function requireSense(text: string): void {
  const parsed = parseScenario(text, "x.yaml");
  const { scenario, diagnostics } = parsed;
  expect(scenario === undefined).toBe(diagnostics.length > 0);
  placesInside(text, parsed);
  for (const { message, hint } of diagnostics) {
    expect(message).toMatch(/^(Expected|Unknown) /);
    expect(message).not.toMatch(/invalid (input|option|key|element)|undefined|\[object/i);
    expect(message.length).toBeLessThan(2000);
    expect(hint ?? "x").not.toMatch(/undefined|\[object/);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal must not see them
  expect(formatDiagnostics(diagnostics)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
}

function placesInside(text: string, { diagnostics }: Parsed): void {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  for (const { line, column, length, source } of diagnostics) {
    expect(lines[line - 1]).toBe(source);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column - 1).toBeLessThanOrEqual(source.length);
    expect(length).toBeGreaterThanOrEqual(1);
  }
  const places = diagnostics.map(({ line, column }) => line * 1e7 + column);
  expect(places).toEqual([...places].sort((a, b) => a - b));
}

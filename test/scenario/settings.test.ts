// What --set and a sweep make of a file's text: the change in its place, and everything else as it was written.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { InvalidInputError } from "../../src/index.js";
import {
  applySettings,
  loadChanged,
  parseScenario,
  parseSetting,
  readYaml,
  ScenarioInvalidError,
  variantsOf,
  withoutKey,
} from "../internal/scenario.js";
import { aliceAndBob, scenarioOf } from "../support/scenario.js";
import { edited, restructured } from "./mutants.js";

const set = (text: string, ...settings: string[]) => applySettings(text, settings.map(parseSetting));

test.each([
  ["a value", "a: { b: 1s } # why\nc: 2\n", "a.b=2s", "a: { b: 2s } # why\nc: 2\n"],
  ["a key of a flow mapping", "a: { b: 1 }\nc: 2\n", "a.d=x", "a: { d: x, b: 1 }\nc: 2\n"],
  ["a key of an empty flow mapping", "a: {}\n", "a.d=x", "a: { d: x }\n"],
  ["a key of a block mapping", "a:\n  b: 1\nc: 2\n", "a.d=x", "a:\n  d: x\n  b: 1\nc: 2\n"],
  ["a key of a mapping in a list", "a:\n  - b: 1\n", "a.0.d=x", "a:\n  - d: x\n    b: 1\n"],
  ["a key of the file, at its end", "a: 1\n# end\n", "b.c=true", "a: 1\n# end\nb: { c: true }\n"],
  ["behind a key with nothing", "a:\n  bob:\nc: 2\n", "a.bob.work=5s", "a:\n  bob: { work: 5s }\nc: 2\n"],
  ["a block by one value, its lines kept", "a:\n  b: 1\n  c: 2\nd: 3\n", "a=none", "a:\n  none\n\nd: 3\n"],
  ["a folded text", "a: >\n  x\n  y\nb: 1\n", "a=z", "a: z\n\n\nb: 1\n"],
  [
    "a key with dots in it",
    "a: { stream.X.messages: 1 }\n",
    "a.stream.X.messages=2",
    "a: { stream.X.messages: 2 }\n",
  ],
  [
    "a key in quotes",
    "a: 1\n",
    'sweep."setup.ack_wait"=[1s, 5s]',
    "a: 1\nsweep: { setup.ack_wait: [ 1s, 5s ] }\n",
  ],
  [
    "a key in quotes that is there",
    "a: { b.c: 1, b: { c: 2 } }\n",
    "a.'b.c'=3",
    "a: { b.c: 3, b: { c: 2 } }\n",
  ],
  ["no further than the quotes go", "a: { b.c: 1 }\n", 'a."b".c=3', "a: { b: { c: 3 }, b.c: 1 }\n"],
  ["behind a key in quotes", "a: { b.c: { d.e: 1 } }\n", 'a."b.c".d.e=3', "a: { b.c: { d.e: 3 } }\n"],
  ["a key with a space", "a: { ok 🥪: 1 }\n", 'a."ok 🥪"=3', "a: { ok 🥪: 3 }\n"],
  ["a key with a = and a quote", "a: {}\n", String.raw`a."b=\"c"=3`, 'a: { b="c: 3 }\n'],
  ["a text that looks like a number", "a: { b: x }\n", 'a.b="5"', 'a: { b: "5" }\n'],
  ["a text with signs of YAML in it", "a: { b: x }\n", 'a.b="{, }: #"', 'a: { b: "{, }: #" }\n'],
  ["a list", "a: [1]\n", "a=[x, y]", "a: [ x, y ]\n"],
  [
    "an aliased mapping, by a key of its own",
    "a: &a { b: 1 }\nc: { <<: *a }\n",
    "c.b=2",
    "a: &a { b: 1 }\nc: { b: 2, <<: *a }\n",
  ],
])("a setting sets %s", (_, text, setting, expected) => expect(set(text, setting)).toBe(expected));

test.each([
  ["a: { b: 1 }\n", "a.b.c=2", "Cannot set a.b.c: a.b is 1 in the file, not a mapping or a list."],
  ["a: [1, 2]\n", "a.2=3", "Cannot set a.2: a is a list of 2 in the file, counted from 0, and has no 2."],
])("the setting %j is refused: %s", (text, setting, message) =>
  expect(() => set(text, setting)).toThrow(message),
);

test.each([["setup"], ["=2"], ["a..b=2"], ["a=[1"], ['a."b=2'], ['a."b"c=2'], ["a b=2"]])(
  "the text %j is refused as a setting",
  (text) => {
    expect(() => parseSetting(text)).toThrow(/^Expected (a setting like setup\.ack_wait=2s|a to be set)/);
  },
);

test("a removed key keeps the lines of the following ones", () => {
  expect(withoutKey("a: 1\nsweep:\n  b.c: [1, 2]\nd: 2\n", "sweep")).toBe("a: 1\n\n\nd: 2\n");
});

const swept = (sweep: string) => scenarioOf(aliceAndBob("  - wait: 1ms", { more: `sweep: ${sweep}\n` }));

test("a sweep is every combination, each with its own text", () => {
  const variants = variantsOf(swept("{ setup.ack_wait: [1s, 5s], responders.bob.concurrency: [1, 2, 3] }"));
  expect(variants).toHaveLength(6);
  const [{ settings, scenario } = expect.fail()] = variants.slice(-1);
  expect(settings).toEqual([
    { path: "setup.ack_wait", value: "5s" },
    { path: "responders.bob.concurrency", value: 3 },
  ]);
  expect(scenario).toMatchObject({ setup: { ackWaitMs: 5000 }, sweep: [] });
  expect(scenario.responders.bob?.concurrency).toBe(3);
  expect(parseScenario(scenario.text, "x").scenario?.responders.bob?.concurrency).toBe(3);
});

test("a setting chooses one value of the sweep", async () => {
  const { text } = swept("{ setup.ack_wait: [1s, 5s], responders.bob.concurrency: [1, 2] }");
  const file = join(mkdtempSync(join(tmpdir(), "test-settings-")), "swept.yaml");
  onTestFinished(() => rmSync(dirname(file), { recursive: true }));
  writeFileSync(file, text);
  const chosen = async (...settings: string[]) =>
    variantsOf(await loadChanged(file, settings.map(parseSetting)));
  const some = await chosen("setup.ack_wait=9s");
  expect(some.map(({ settings }) => settings.map(({ value }) => value))).toEqual([
    ["9s", 1],
    ["9s", 2],
  ]);
  expect(some[0]?.scenario.setup).toMatchObject({ ackWaitMs: 9000 });
  expect(await chosen("setup.ack_wait=9s", "responders.bob.concurrency=3")).toHaveLength(1);
  expect(await chosen('setup."ack_wait"=9s', 'sweep."responders.bob.concurrency"=[3, 4]')).toHaveLength(2);
  expect(await chosen('sweep."setup.max_deliver"=[1, 2, 3]')).toHaveLength(12);
});

function problemsOf(run: () => unknown) {
  try {
    run();
  } catch (error) {
    if (error instanceof ScenarioInvalidError) return error.problems;
    throw error;
  }
  return expect.fail("no problem");
}

test("a bad value is reported once, at its place in the sweep", () => {
  const problems = problemsOf(() =>
    variantsOf(swept("{ setup.ack_wait: [1s, soon], setup.max_deliver: [1, 2] }")),
  );
  expect(problems).toEqual([
    expect.objectContaining({
      line: 9,
      column: "sweep: { setup.ack_wait: [1s, ".length + 1,
      hint: "with setup.ack_wait=soon",
      message: expect.stringContaining("Expected `setup.ack_wait` to be a duration"),
    }),
  ]);
});

test("a mistake of a combination is reported with the combination", () => {
  const problems = problemsOf(() =>
    variantsOf(
      swept("{ requesters.alice.on_timeout: [keep, cancel], requesters.alice.reply: [inbox, core] }"),
    ),
  );
  expect(problems.map(({ hint }) => hint)).toEqual([
    "with requesters.alice.on_timeout=cancel and requesters.alice.reply=core",
  ]);
});

test("any text has its setting applied, or refused with a diagnostic, or is not YAML", () => {
  const paths = fc.constantFrom(
    "setup.ack_wait",
    "timeline.0",
    "requesters.alice",
    "check.1",
    "seed",
    "a.b.c",
  );
  const values = fc.constantFrom<unknown>("5s", 7, "", "{, }: #", null, [], { a: ["x"] }, "two\nlines ");
  fc.assert(
    fc.property(fc.oneof(edited, restructured), paths, values, (text, path, value) => {
      const { value: read, flaws } = readYaml(text);
      try {
        const now = readYaml(applySettings(text, [{ path, value }])).value;
        if (flaws.length === 0 && typeof read === "object" && read !== null && !Array.isArray(read))
          expect(
            path.split(".").reduce<unknown>((data, key) => (data as Record<string, unknown>)[key], now),
          ).toEqual(value);
      } catch (error) {
        if (!(error instanceof InvalidInputError)) throw error;
      }
    }),
    { numRuns: 150 },
  );
});

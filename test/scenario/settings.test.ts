// What --set and a sweep make of a scenario file: the changed value, and everything else as it was written.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { InvalidInputError } from "../../src/index.js";
import {
  formatDiagnostics,
  loadScenario,
  parseScenario,
  parseSetting,
  ScenarioDocument,
  ScenarioInvalidError,
  variantsOf,
} from "../internal/scenario.js";
import { aliceAndBob, scenarioOf } from "../support/scenario.js";
import { edited, restructured } from "./mutants.js";

const set = (text: string, ...settings: string[]) =>
  new ScenarioDocument(text, "x.yaml", settings.map(parseSetting)).changedText();

test.each([
  ["a value", "a: { b: 1s } # why\nc: 2\n", "a.b=2s", "a: { b: 2s } # why\nc: 2\n"],
  ["a key of a flow mapping", "a: { b: 1 }\nc: 2\n", "a.d=x", "a: { b: 1, d: x }\nc: 2\n"],
  ["a key of an empty flow mapping", "a: {}\n", "a.d=x", "a: { d: x }\n"],
  ["a key of a block mapping", "a:\n  b: 1\nc: 2\n", "a.d=x", "a:\n  b: 1\n  d: x\nc: 2\n"],
  ["a key of a mapping in a list", "a:\n  - b: 1\n", "a.0.d=x", "a:\n  - b: 1\n    d: x\n"],
  ["a key of the file, at its end", "a: 1\n# end\n", "b.c=true", "a: 1\nb:\n  c: true\n\n# end\n"],
  ["behind a key with nothing", "a:\n  bob:\nc: 2\n", "a.bob.work=5s", "a:\n  bob:\n    work: 5s\nc: 2\n"],
  ["a block by one value", "a:\n  b: 1\n  c: 2\nd: 3\n", "a=none", "a: none\nd: 3\n"],
  ["a folded text", "a: >\n  x\n  y\nb: 1\n", "a=z", "a: z\nb: 1\n"],
  ["a key with dots in it", "a: { stream.X.messages: 1 }\n", "a.stream.X.messages=2", "a: { stream.X.messages: 2 }\n"],
  [
    "a key in quotes",
    "a: 1\n",
    'sweep."setup.ack_wait"=[1s, 5s]',
    "a: 1\nsweep:\n  setup.ack_wait:\n    - 1s\n    - 5s\n",
  ],
  ["a key in quotes that is there", "a: { b.c: 1, b: { c: 2 } }\n", "a.'b.c'=3", "a: { b.c: 3, b: { c: 2 } }\n"],
  ["no further than the quotes go", "a: { b.c: 1 }\n", 'a."b".c=3', "a: { b.c: 1, b: { c: 3 } }\n"],
  ["behind a key in quotes", "a: { b.c: { d.e: 1 } }\n", 'a."b.c".d.e=3', "a: { b.c: { d.e: 3 } }\n"],
  ["a key with a space", "a: { ok 🥪: 1 }\n", 'a."ok 🥪"=3', "a: { ok 🥪: 3 }\n"],
  ["a key with a = and a quote", "a: {}\n", String.raw`a."b=\"c"=3`, 'a: { b="c: 3 }\n'],
  ["a text that looks like a number", "a: { b: x }\n", 'a.b="5"', 'a: { b: "5" }\n'],
  ["a text with signs of YAML in it", "a: { b: x }\n", 'a.b="{, }: #"', 'a: { b: "{, }: #" }\n'],
  ["a list", "a: [1]\n", "a=[x, y]", "a:\n  - x\n  - y\n"],
  [
    "an aliased mapping, by a key of its own",
    "a: &a { b: 1 }\nc: { <<: *a }\n",
    "c.b=2",
    "a: &a { b: 1 }\nc: { <<: *a, b: 2 }\n",
  ],
])("a setting sets %s", (_, text, setting, expected) => expect(set(text, setting)).toBe(expected));

test.each([
  ["a: { b: 1 }\n", "a.b.c=2", "Cannot set a.b.c: a.b is 1 in the file, not a mapping or a list."],
  ["a: [1, 2]\n", "a.2=3", "Cannot set a.2: a is a list of 2 in the file, counted from 0, and has no 2."],
])("the setting %j is refused: %s", (text, setting, message) => expect(() => set(text, setting)).toThrow(message));

test.each([["setup"], ["=2"], ["a..b=2"], ["a=[1"], ['a."b=2'], ['a."b"c=2'], ["a b=2"]])(
  "the text %j is refused as a setting",
  (text) => {
    expect(() => parseSetting(text)).toThrow(/^Expected (a setting like setup\.ack_wait=2s|a to be set)/);
  },
);

test("a setting without a value removes the key", () => {
  const text = "a: 1\nsweep:\n  b.c: [1, 2]\nd: 2\n";
  const document = new ScenarioDocument(text, "x.yaml", [{ path: "sweep", value: undefined }]);
  expect(document.data).toEqual({ a: 1, d: 2 });
  expect(document.changedText()).toBe("a: 1\nd: 2\n");
});

const shown = (text: string, ...settings: string[]) =>
  parseScenario(text, "x.yaml", settings.map(parseSetting)).diagnostics.map((one) => ({
    message: formatDiagnostics([one]).split("\n")[0],
    line: one.line,
  }));

test("a mistake in a set value names the setting, and the line of what the file has of its path", () => {
  const text = aliceAndBob("  - wait: 1ms");
  const line = text.split("\n").findIndex((one) => one.includes("responders:")) + 1;
  expect(shown(text, "responders.bob.prefetch=none")).toEqual([
    {
      message:
        '--set responders.bob.prefetch=none: Expected `responders.bob.prefetch` to be a whole number, 1 or more, got "none" (string)',
      line: expect.any(Number),
    },
  ]);
  expect(shown(text, "responders.bob.wrok=1s")).toEqual([
    { message: expect.stringMatching(/^--set responders\.bob\.wrok=1s: Unknown key "wrok"/), line },
  ]);
});

test("a setting of an actor that the file does not have is refused, with the nearest name", () => {
  const text = aliceAndBob("  - wait: 1ms");
  const shownWhole = (setting: string) => {
    const { diagnostics } = parseScenario(text, "x.yaml", [parseSetting(setting)]);
    return formatDiagnostics(diagnostics);
  };
  expect(shownWhole("requesters.alise.timeout=2s")).toBe(
    '--set requesters.alise.timeout=2s: Expected a requester of the file, got "alise"\n  did you mean "alice"?',
  );
  expect(shownWhole("responders.bbo.menu.order-soup=x")).toContain('got "bbo"\n  did you mean "bob"?');
  expect(shownWhole("services.greeter.reply=x")).toContain('got "greeter"\n  there is none here');
  // A whole actor is added.
  expect(parseScenario(text, "x", [parseSetting("responders.carol={ work: 5ms }")]).scenario?.responders).toMatchObject(
    { carol: { workMs: 5 } },
  );
});

test("a misspelt order in a setting is found before the run", () => {
  const text = aliceAndBob("  - request: { from: alice, order: order-bagel, as: lunch }");
  expect(shown(text, "timeline.0.request.order=order-bagle")).toEqual([
    {
      message:
        '--set timeline.0.request.order=order-bagle: Expected an order that a responder has a handler for, got "order-bagle"',
      line: expect.any(Number),
    },
  ]);
});

test("a mistake in the file that a setting causes is shown in the file, with the setting", async () => {
  const steps = "  - request: { from: alice, order: order-bagel, as: lunch }\n  - cancel: lunch";
  const file = join(mkdtempSync(join(tmpdir(), "test-settings-")), "caused.yaml");
  onTestFinished(() => rmSync(dirname(file), { recursive: true }));
  writeFileSync(file, aliceAndBob(steps));
  const loading = loadScenario(file, [parseSetting("requesters.alice.reply=core")]);
  await expect(loading).rejects.toThrow(
    /caused\.yaml:\d+:\d+: Expected a request that is stored[\s\S]*\n {2}with --set requesters\.alice\.reply=core/,
  );
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
  const chosen = async (...settings: string[]) => variantsOf(await loadScenario(file, settings.map(parseSetting)));
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

function diagnosticsOf(run: () => unknown) {
  try {
    run();
  } catch (error) {
    if (error instanceof ScenarioInvalidError) return error.diagnostics;
    throw error;
  }
  return expect.fail("no diagnostic");
}

test("a bad value is told once, at its place in the sweep", () => {
  const diagnostics = diagnosticsOf(() =>
    variantsOf(swept("{ setup.ack_wait: [1s, soon], setup.max_deliver: [1, 2] }")),
  );
  expect(diagnostics).toEqual([
    expect.objectContaining({
      line: 9,
      column: "sweep: { setup.ack_wait: [1s, ".length + 1,
      hint: "with setup.ack_wait=soon",
      message: expect.stringContaining("Expected `setup.ack_wait` to be a duration"),
    }),
  ]);
});

test("what only goes wrong together is told with the combination", () => {
  const diagnostics = diagnosticsOf(() =>
    variantsOf(swept("{ requesters.alice.on_timeout: [keep, cancel], requesters.alice.reply: [inbox, core] }")),
  );
  expect(diagnostics.map(({ hint }) => hint)).toEqual([
    "with requesters.alice.on_timeout=cancel and requesters.alice.reply=core",
  ]);
});

test("any text has its setting applied, or refused with a diagnostic, or is not YAML", () => {
  const paths = fc.constantFrom("setup.ack_wait", "timeline.0", "requesters.alice", "check.1", "seed", "a.b.c");
  const values = fc.constantFrom<unknown>("5s", 7, "", "{, }: #", null, [], { a: ["x"] }, "two\nlines ");
  fc.assert(
    fc.property(fc.oneof(edited, restructured), paths, values, (text, path, value) => {
      const { data: read } = new ScenarioDocument(text, "x.yaml");
      try {
        const { data: now, diagnostics } = new ScenarioDocument(text, "x.yaml", [{ path, value }]);
        if (diagnostics.length === 0 && typeof read === "object" && read !== null && !Array.isArray(read))
          expect(path.split(".").reduce<unknown>((data, key) => (data as Record<string, unknown>)[key], now)).toEqual(
            value,
          );
      } catch (error) {
        if (!(error instanceof InvalidInputError)) throw error;
      }
    }),
    { numRuns: 150 },
  );
});

// A session of the demo as a scenario file: every click has a step, and the file is valid.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type RecordedClick, scenarioText, testText } from "../internal/demo.js";
import { parseScenario } from "../internal/scenario.js";

const clicks: RecordedClick[] = [
  { atMs: 0, click: { kind: "request", from: "alice", as: "order-1", order: "order-sandwich", payload: "", count: 1 } },
  {
    atMs: 10,
    click: { kind: "request", from: "alice-inbox", as: "load-2", order: "order-tea", payload: "`$", count: 50 },
  },
  { atMs: 20, click: { kind: "start", actor: "bob" } },
  { atMs: 30, click: { kind: "pause", actor: "bob" } },
  { atMs: 40, click: { kind: "resume", actor: "bob" } },
  { atMs: 50, click: { kind: "start", actor: "slow-sid" } },
  { atMs: 60, click: { kind: "crash", actor: "slow-sid" } },
  { atMs: 70, click: { kind: "inject", fault: "latency", delayMs: 300 } },
  { atMs: 80, click: { kind: "heal", fault: "latency" } },
  { atMs: 90, click: { kind: "inject", fault: "cut" } },
  { atMs: 100, click: { kind: "heal", fault: "cut" } },
  { atMs: 110, click: { kind: "inject", fault: "pause-server" } },
  { atMs: 120, click: { kind: "heal", fault: "pause-server" } },
  { atMs: 130, click: { kind: "restart" } },
  { atMs: 140, click: { kind: "crash", actor: "alice" } },
  { atMs: 150, click: { kind: "start", actor: "alice" } },
  { atMs: 160, click: { kind: "collect", request: "order-1", by: "alice" } },
  { atMs: 170, click: { kind: "stop", actor: "bob" } },
];

const diagnosticsOf = (text: string) => parseScenario(text, "demo.yaml").diagnostics;

test("a session with every kind of click is a valid scenario", () => {
  const text = scenarioText(clicks, { outcomes: { "order-1": "ok 🥪", "load-2": { "timed-out": 20, ok: 30 } } });
  expect(diagnosticsOf(text)).toEqual([]);
});

test("a click waits for what the page showed before it", () => {
  const [asked, started] = clicks as [RecordedClick, RecordedClick, RecordedClick];
  const session: RecordedClick[] = [
    asked,
    { ...started, click: { kind: "start", actor: "bob" } },
    {
      ...{ click: { kind: "crash", actor: "bob" }, atMs: 90 },
      ...{ seen: { "order-1": "timed-out" }, delivered: { as: "order-1", count: 2 } },
    },
  ];
  const text = scenarioText(session, { timedOut: new Set(["order-1"]) });
  expect(diagnosticsOf(text)).toEqual([]);
  expect(text).toMatch(/eventually:\n {6}order-1: timed-out\n {2}- after: order-1.delivered#2\n {4}crash: bob/);
  expect(scenarioText(session), "a time-out by chance").not.toContain("timed-out");
});

test("a collect does not wait for the outcome of what it collects", () => {
  const [asked] = clicks as [RecordedClick];
  const collect = { atMs: 50, click: { kind: "collect", request: "order-1", by: "alice" } } as const;
  const seen = { "order-1": "ok 🥪", "order-0": "timed-out" };
  const text = scenarioText([asked, { ...collect, seen }], { timedOut: new Set(["order-0"]) });
  expect(text).toContain("order-0: timed-out");
  expect(text).not.toContain("order-1: ok");
});

test("a click does not wait for the outcome of a request that is collected later", () => {
  const [first, second] = clicks as [RecordedClick, RecordedClick];
  const collect = (request: string, seen = {}): RecordedClick => ({
    ...{ atMs: 60, seen },
    click: { kind: "collect", request, by: "alice" },
  });
  const started: RecordedClick = { atMs: 50, click: { kind: "start", actor: "bob" }, seen: { "load-2": { ok: 50 } } };
  const text = scenarioText([first, second, started, collect("order-1"), collect("load-2", { "order-1": "ok 🥪" })]);
  expect(text).not.toMatch(/load-2:\n *ok: 50/);
  expect(text.indexOf("order-1: ok")).toBeGreaterThan(text.indexOf("request: order-1"));
});

test("a request that timed out has the page's time-out, and another one has longer", () => {
  const text = scenarioText(clicks, { timedOut: new Set(["load-2"]) });
  expect(text).toMatch(/as: load-2\n(?: {6}.*\n)*? {6}timeout: 3000ms/);
  expect(text.match(/timeout: 3000ms/g)).toHaveLength(1);
});

test("a link that is cut before the inbox is used is a valid scenario", () => {
  const cut: RecordedClick[] = [
    { atMs: 0, click: { kind: "inject", fault: "cut" } },
    { atMs: 10, click: { kind: "heal", fault: "cut" } },
  ];
  expect(diagnosticsOf(scenarioText(cut))).toEqual([]);
});

test("a session without a click is a valid scenario", () => {
  expect(diagnosticsOf(scenarioText([]))).toEqual([]);
});

test("the test of a session has the scenario as it is", () => {
  const yaml = scenarioText(clicks);
  const [, quoted = ""] = /const scenario = `\n([\s\S]*?)`;\n\ntest/.exec(testText(yaml)) ?? [];
  expect(quoted.replace(/\\([\\`$])/g, "$1")).toBe(yaml);
});

test("any payload and any moment give a file that parses", () => {
  const request = fc.record({
    atMs: fc.nat(60_000),
    payload: fc.string({ maxLength: 50 }),
    count: fc.integer({ min: 1, max: 50 }),
  });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 5 }), (requests) => {
      const session = requests
        .sort((a, b) => a.atMs - b.atMs)
        .map(({ atMs, ...rest }, n): RecordedClick => {
          const named = { from: "alice", as: `order-${n}`, order: "order-bagel" };
          return { atMs, click: { kind: "request", ...named, ...rest } };
        });
      expect(diagnosticsOf(scenarioText(session))).toEqual([]);
    }),
  );
});

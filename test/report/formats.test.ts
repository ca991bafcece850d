// JUnit, Mermaid and Markdown: what held, what did not, and that no text from outside breaks out of its place.
import { expect, test } from "vitest";
import { create } from "xmlbuilder2";
import { causalOrder, type Run } from "../internal/history.js";
import { type ReportName, reportNames, reports, sequenceOf } from "../internal/report.js";
import { delivered, history, received, replied, requested, stored } from "../support/history.js";
import { heldRun, inconclusiveRun, lessonRun, menuEvents, violatedRun } from "./runs.js";

const nasty = "a;b&#0;&nope;#c\"d'e<f>&g|h`i%%j{k}\n]]>\u0000\u001b[31m\u2028\ud800\uffff 🥪";

/** Everything in it that comes from outside is nasty. */
const nastyRun: Run = {
  result: {
    ...violatedRun.result,
    scenario: nasty,
    question: nasty,
    answer: nasty,
    expectations: [{ path: nasty, expected: nasty, actual: nasty, verdict: "violated", line: 1 }],
    checks: violatedRun.result.checks.map((check) => ({ ...check, detail: nasty, requests: [nasty] })),
  },
  events: history(requested("r1", nasty), stored("r1"), received("r1", nasty)),
};

const render = (name: ReportName, run: Run) => reports[name].render(run);

interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
  text: string;
}

/** Parsed again by the library's reader, which throws where it is not well-formed. */
function parsed(xml: string): Element {
  const read = (node: ReturnType<typeof create>["node"]): Element => {
    const children = [...(node as unknown as { childNodes: Iterable<typeof node> }).childNodes];
    const attributes = (node as unknown as { attributes: Iterable<{ name: string; value: string }> }).attributes;
    return {
      name: node.nodeName,
      attributes: Object.fromEntries([...attributes].map(({ name, value }) => [name, value])),
      children: children.filter(({ nodeType }) => nodeType === 1).map(read),
      text: node.textContent ?? "",
    };
  };
  return read(create(xml).root().node);
}

/** The schema that Jenkins publishes (jenkins-junit.xsd), as far as a report may use it. `!` is required. */
const shape: Record<string, { attributes: string[]; children: string[] }> = {
  testsuites: { attributes: ["name", "time", "tests", "failures", "disabled", "errors"], children: ["testsuite"] },
  testsuite: {
    attributes: ["name!", "tests!", "failures", "errors", "time", "disabled", "skipped", "timestamp", "hostname", "id"],
    children: ["properties", "testcase", "system-out", "system-err"],
  },
  properties: { attributes: [], children: ["property"] },
  property: { attributes: ["name!", "value!"], children: [] },
  testcase: {
    attributes: ["name!", "assertions", "time", "classname", "status"],
    children: ["skipped", "error", "failure", "system-out", "system-err"],
  },
  failure: { attributes: ["type", "message"], children: [] },
  error: { attributes: ["type", "message"], children: [] },
};

function misfits({ name, attributes, children }: Element): string[] {
  const allowed = shape[name];
  if (allowed === undefined) return [`<${name}>`];
  const known = allowed.attributes.map((a) => a.replace("!", ""));
  const numbers = ["tests", "failures", "errors", "skipped", "time"].filter((a) => a in attributes);
  return [
    ...Object.keys(attributes).flatMap((a) => (known.includes(a) ? [] : [`${name}@${a}`])),
    ...allowed.attributes.flatMap((a) =>
      a.endsWith("!") && !(a.slice(0, -1) in attributes) ? [`${name} lacks ${a}`] : [],
    ),
    ...numbers.flatMap((a) => (/^\d+(\.\d+)?$/.test(attributes[a] ?? "") ? [] : [`${name}@${a} is no number`])),
    ...children.flatMap((child) =>
      allowed.children.includes(child.name) ? misfits(child) : [`${name}/${child.name}`],
    ),
  ];
}

test.each(Object.entries({ heldRun, lessonRun, violatedRun, inconclusiveRun, nastyRun }))(
  "junit: %s is valid under the schema of CI tools, and counts its cases",
  (_, run) => {
    const root = parsed(render("junit", run));
    expect(misfits(root)).toEqual([]);
    const suite = root.children[0] as Element;
    const cases = suite.children.filter(({ name }) => name === "testcase");
    const having = (kind: string) => cases.filter(({ children }) => children.some(({ name }) => name === kind));
    expect(cases).toHaveLength(run.result.expectations.length + run.result.checks.length);
    expect(suite.attributes).toMatchObject({
      tests: `${cases.length}`,
      failures: `${having("failure").length}`,
      errors: `${having("error").length}`,
    });
    expect(new Set(cases.map(({ attributes }) => attributes.name)).size).toBe(cases.length);
  },
);

test("junit: a text that looks like an entity stays that text", () => {
  const xml = render("junit", nastyRun);
  expect(xml).not.toMatch(/&(?!(amp|lt|gt|quot|apos|#x[0-9A-F]+);)/);
  expect(xml).toContain("a;b&amp;#0;&amp;nope;#c");
});

test("junit: a failure has expected, actual and line, and an inconclusive check is an error", () => {
  const xml = render("junit", violatedRun);
  expect(xml).toContain(
    '<failure message="lunch is not-collected, expected ok 🥪" type="violated">lunch is not-collected, expected ok 🥪\nexpected: ok 🥪\nactual:   not-collected\nat:       scenarios/inbox-gone.yaml:14</failure>',
  );
  expect(render("junit", lessonRun)).not.toMatch(/<failure|<error/);
  expect(render("junit", inconclusiveRun)).toContain('<error message="stream.REQUESTS.messages could not be read');
});

test("mermaid: streams and actors take part; the arrows follow the request", () => {
  expect(render("mermaid", heldRun).split("\n").slice(0, 13)).toEqual([
    "sequenceDiagram",
    "  participant p1 as alice",
    "  participant p2 as 🗄 REQUESTS",
    "  participant p3 as 🗄 REPLIES",
    "  participant p4 as bob",
    "  Note over p1: starts",
    "  Note over p4: starts",
    "  p1->>p2: order-sandwich as sandwich",
    "  p2->>p4: sandwich",
    "  Note over p4: executes sandwich",
    "  p4-->>p3: sandwich: ok 🥪",
    "  p4->>p2: ack sandwich",
    "  p3-->>p1: sandwich: ok 🥪",
  ]);
  expect(render("mermaid", lessonRun)).toContain("--x"); // a reply that nobody was there for
});

test("mermaid: no text ends its statement, and a large run is cut with a note", () => {
  for (const line of render("mermaid", nastyRun).trimEnd().split("\n").slice(1)) {
    const text = line.replace(/^.*?(:| as )/, "").replace(/#\d+;/g, "");
    expect(text).not.toMatch(/[;#"<>%{}`]/);
  }
  const many = history(
    ...Array.from({ length: 500 }, (_, i) => [requested(`r${i}`, `r${i}`), stored(`r${i}`, i + 1)]).flat(),
  );
  const text = render("mermaid", { ...heldRun, events: many });
  expect(text.split("\n").length).toBeLessThan(100);
  expect(text).toContain("and 420 more steps");
  expect(render("mermaid", { ...heldRun, events: [] })).toContain("participant");
});

test("a diagram shows no reply before it is stored, and no delivery before its request is stored", () => {
  const noted = history(requested("r1", "lunch"), delivered("r1"), stored("r1"), received("r1"), replied("r1"));
  const inOrder = history(requested("r1", "lunch"), stored("r1"), delivered("r1"), replied("r1"), received("r1"));
  expect(sequenceOf(causalOrder(noted)).marks).toEqual(sequenceOf(inOrder).marks);
  expect(sequenceOf(causalOrder(noted)).marks).toHaveLength(4);
});

test("a repeated event is drawn once", () => {
  const load = history(
    ...Array.from({ length: 9 }, (_, i) => [requested(`r${i}`, "jobs"), stored(`r${i}`, i + 1)]).flat(),
  );
  expect(sequenceOf(load).marks).toMatchObject([{ text: "order-sandwich as jobs (9 times)" }]);
});

test("a diagram has no times and no ids, so another run of the same scenario has the same one", () => {
  const later = menuEvents.map((event) => {
    const renamed = "request" in event ? { ...event, request: `x${event.request}` } : event;
    return renamed.type === "timed-out"
      ? { ...renamed, t: event.t * 3, afterMs: 7777 }
      : { ...renamed, t: event.t * 3 };
  });
  // What is read at the end names requests by their ids.
  const told = (events: typeof menuEvents) =>
    sequenceOf(causalOrder(events).filter(({ type }) => !type.endsWith("-read")));
  expect(told(later)).toEqual(told(menuEvents));
});

test("markdown: each finding has a row, and no text leaves its cell", () => {
  const text = render("markdown", nastyRun);
  const rows = text.split("\n").filter((line) => line.startsWith("|"));
  expect(rows).toHaveLength(2 + 4);
  for (const row of rows) expect(row.replace(/\\\|/g, "").match(/\|/g)).toHaveLength(4);
  expect(text.replace(/<\/?(details|summary|br)>/g, "").split("```")[0]).not.toMatch(/[<]/);
  expect(render("markdown", heldRun)).toContain("### ✅ order-menu: held after 2.35 s");
});

test("markdown: the failed findings are shown if there are very many", () => {
  const { result } = violatedRun;
  const held = { path: "x", expected: 1, actual: 1, verdict: "held" as const, line: 1 };
  const expectations = [...Array.from({ length: 200 }, () => held), ...result.expectations];
  const text = render("markdown", { ...violatedRun, result: { ...result, expectations } });
  expect(text).toContain("lunch is not-collected");
  expect(text).toContain("and 155 more");
});

test("every report ends with a newline and has no control character", () => {
  for (const name of reportNames) {
    for (const run of [heldRun, violatedRun, inconclusiveRun, nastyRun]) {
      expect(render(name, run)).toMatch(/\n$/);
      if (name !== "json") expect(render(name, run)).not.toMatch(/[^\P{Cc}\n]|\p{Cs}|\uffff/u);
    }
  }
});

test("latencies are reported for load steps only", () => {
  const latency = [{ as: "lunches", count: 500, p50: 2.1234, p90: 3, p99: 8.5, "p99.9": 9, max: 1234.5 }];
  const run = { ...heldRun, result: { ...heldRun.result, latency } };
  const told = "lunches: 500 timed, p50 2.12 ms, p90 3 ms, p99 8.5 ms, p99.9 9 ms, max 1230 ms";
  expect(render("terminal", run).replace(/\s+/g, " ")).toContain(`Latency ${told}`);
  expect(render("markdown", run)).toContain(told);
  expect(render("terminal", heldRun)).not.toContain("Latency");
});

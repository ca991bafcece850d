// Parts of the report's page: its legend, its charts, the lanes of a cluster, the colours of the file, and the way back.
import { describe, expect, test } from "vitest";
import { colouredLines, html, overview, type Suite } from "../../internal/report.js";
import { heldRun, violatedRun } from "../runs.js";
import { clusterRun, evilRun, largeRun } from "./runs.js";

test("the legend names the strokes and bands of the picture, and no others", () => {
  const held = /<ul class="legend">(.*?)<\/ul>/s.exec(html(heldRun))?.[1] ?? "";
  expect(
    held
      .replace(/<[^>]+>/g, " ")
      .trim()
      .split(/ {2,}/),
  ).toEqual(["request", "reply", "confirmation", "failure"]);
  expect(html(largeRun(100))).toContain("broken: a fault, or killed");
});

test("one or two requests have no charts, three have", () => {
  expect(html(violatedRun)).not.toContain('id="latency"');
  expect(html(heldRun)).toContain('id="latency"');
});

test("a wait of many times the median makes the scale of the latency logarithmic", () => {
  expect(html(heldRun)).not.toContain("logarithmic scale");
  const run = largeRun(100);
  const slowest = run.events.find((event) => event.type === "received") as (typeof run.events)[number];
  const events = [...run.events.filter((event) => event !== slowest), { ...slowest, t: slowest.t + 60_000_000 }];
  const page = html({ ...run, events });
  expect(page).toContain("logarithmic scale");
  expect(page).toMatch(/class="value"[^>]*>10 ms<.*class="value"[^>]*>100 ms<.*class="value"[^>]*>1 s</s);
});

test("a cluster has a lane for each of its nodes, and a fault is a band on those that it names", () => {
  const page = html(clusterRun);
  expect([...page.matchAll(/head node"><title>(\w+)/g)].map(([, name]) => name)).toEqual(["one", "two", "three"]);
  const bands = page.match(/<rect class="band fault"[^>]*><title>freezes two and three: one is alone/g) ?? [];
  expect(bands).toHaveLength(2);
});

test("requests of one name are numbered in the table of the sequence, too", () => {
  const run = { ...heldRun, events: heldRun.events.map((event) => ("as" in event ? { ...event, as: "rush" } : event)) };
  const requests = heldRun.result.requests.map((request) => ({ ...request, as: "rush" }));
  const page = html({ ...run, result: { ...heldRun.result, requests } });
  expect(page).toMatch(/<table class="events".*requests order-flatbread as rush #2/s);
});

describe("the colours of a scenario file", () => {
  const kinds = (text: string) =>
    colouredLines(text).map(({ pieces }) => pieces.flatMap(({ kind, text }) => (kind ? [`${kind} ${text}`] : [])));

  test("tell keys, texts, other values and comments apart", () => {
    expect(kinds("# first\nscenario: lunch # why\nsetup: { ack_wait: 2s, replicas: 3 }\nnote: a#b")).toEqual([
      ["comment # first"],
      ["key scenario", "text lunch", "comment # why"],
      ["key setup", "key ack_wait", "value 2s", "key replicas", "value 3"],
      ["key note", "text a#b"],
    ]);
  });

  test("go on over the lines of one text, and keep every letter", () => {
    const text = "answer: >\n  One line # no comment\n  and another.\nlast: 'x'";
    expect(kinds(text)[2]).toEqual(["text   and another."]);
    expect(colouredLines(text).map(({ pieces }) => pieces.map((piece) => piece.text).join(""))).toEqual(
      text.split("\n"),
    );
  });

  test("leave a file that is no YAML readable", () => {
    const text = "{ [ : \t\n - } #x";
    expect(colouredLines(text)).toHaveLength(2);
    expect(html({ ...evilRun().run, scenario: evilRun().scenario })).not.toContain("<img");
  });
});

test("a page has its icon in itself, and a way back where there is a page of all runs", () => {
  expect(html(heldRun)).toContain('<link rel="icon" href="data:image/svg+xml,');
  expect(html(heldRun)).not.toContain("All runs");
  expect(html(heldRun, { overview: "../index.html" })).toContain('<a href="../index.html">All runs</a>');
});

describe("the overview of one scenario", () => {
  const suites: Suite[] = ["1", "2"].map((name) => ({ ...heldRun, name }));
  const head = ["work", "verdict", "requested", "p50 ms", "p99 ms"];
  const chart = (...rows: string[][]) => overview({ suites, left: 0, cells: [head, ...rows] });

  test("has its name and its question in the head", () => {
    expect(overview({ suites, left: 0 })).toContain("<h1>order-menu: 2 runs: 2 held</h1>");
  });

  test("has a line for each percentile of a sweep", () => {
    const page = chart(["1ms", "✔ held", "60", "12", "30"], ["5ms", "✔ held", "60", "40", "90"]);
    expect(page).toContain("Latency by work");
    expect(page.match(/<path class="steps/g)).toHaveLength(2);
    expect(page).not.toContain("logarithmic");
    expect(chart(["1ms", "✔", "60", "2", "3"], ["5ms", "✔", "60", "4", "300"])).toContain("logarithmic scale");
  });

  test("has no chart where nothing changes", () => {
    expect(chart(["1ms", "✔ held", "60", "12", "30"], ["5ms", "✔ held", "60", "12", "30"])).not.toContain("<svg");
  });

  test("of several settings has a line for each of the others", () => {
    const cells = [
      ["work", "prefetch", "verdict", "executed"],
      ...[
        ["1", "1"],
        ["1", "10"],
        ["2", "1"],
        ["2", "10"],
      ].map(([work = "", prefetch = ""], i) => [work, prefetch, "✔ held", `${60 + i}`]),
    ];
    const page = overview({ suites, left: 0, cells });
    expect(page).toContain("executed, prefetch 10");
    expect(page.match(/<path class="steps/g)).toHaveLength(2);
  });
});

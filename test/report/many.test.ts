// The reports of many runs as text: what held, what did not, what failed and what could not run are told apart.
import { expect, test } from "vitest";
import { junitOfAll, overview, type Suite } from "../internal/report.js";
import { heldRun, violatedRun } from "./runs.js";

const suites: Suite[] = [
  { ...heldRun, name: "held" },
  { ...violatedRun, name: "violated" },
  { ...heldRun, name: "failed", failure: "nats-server ended <on its own>." },
  { name: "skipped", skipped: "skipped needs nats-server 2.14.", durationMs: 3 },
];

test("JUnit sums all suites, counts a failed run as an error, and a skipped one as neither", () => {
  const xml = junitOfAll("all", suites);
  const numbers = [
    ...xml.matchAll(/<testsuite name="(\w+)" tests="\d+" failures="(\d)" errors="(\d)" skipped="(\d)"/g),
  ];
  expect(numbers.map(([, ...found]) => found.join(" "))).toEqual([
    "held 0 0 0",
    `violated ${/<testsuites [^>]*failures="(\d)"/.exec(xml)?.[1]} 0 0`,
    "failed 0 1 0",
    "skipped 0 0 1",
  ]);
  expect(xml).toMatch(/<testsuites name="all" tests="\d+" failures="[1-9]" errors="1"/);
});

test("the page of a sweep has the combinations side by side", () => {
  const cells = [
    ["work <ms>", "verdict"],
    ["5ms", "✔ held"],
  ];
  const page = overview({ suites, left: 0, cells });
  expect(page).toContain('<th scope="col">work &lt;ms&gt;</th><th scope="col">verdict</th>');
  expect(page).toContain("<td>5ms</td><td>✔ held</td>");
  expect(overview({ suites, left: 0 })).not.toContain("Combinations");
});

test("the page has the worst verdict in its head, a link to each report, and the reason for a missing one", () => {
  const page = overview({ suites, left: 2 });
  expect(page).toContain('<header class="top failed"><h1>4 runs: 1 failed, 1 violated, 1 held, 1 skipped</h1>');
  expect(page).toContain("2 more were not begun.");
  expect([...page.matchAll(/<a href="([^"]+)"/g)].map(([, link]) => link)).toEqual([
    "failed/report.html",
    "violated/report.html",
    "held/report.html",
  ]);
  expect(page).toContain("nats-server ended &lt;on its own&gt;.");
  expect(page).toContain("skipped needs nats-server 2.14.");
});

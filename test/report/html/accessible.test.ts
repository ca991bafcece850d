// The pages of reports in Chromium: axe finds nothing, and what is wider than a narrow screen can be reached.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Comparison, comparePage } from "../../internal/compare.js";
import { html, overview, type Suite } from "../../internal/report.js";
import { addAxe, violations } from "../../support/axe.js";
import { launchChromium, noChromium } from "../../support/browser.js";
import { heldRun, violatedRun } from "../runs.js";
import { brokenPromise, clusterRun, largeRun } from "./runs.js";

const cells = [
  ["work", "verdict", "requested", "p50 ms", "p99 ms"],
  ["1ms", "✔ held", "60", "12", "30"],
  ["5ms", "✘ violated", "60", "414", "774"],
];
const suites: Suite[] = [
  ...["a", "b", "c", "d", "e"].map((name) => ({ ...heldRun, name })),
  { ...violatedRun, name: "violated" },
  { name: "skipped", skipped: "skipped needs nats-server 2.14.", durationMs: 3 },
];
const cell = { request: "answered", effect: 1, reply: "collected", copies: 1 } as const;
const strategies = ["inbox", "mailbox", "kv", "shared", "trial"];
const comparison = {
  situations: ["responder-offline"],
  strategies,
  server: { version: "2.14.0", origin: "", url: "" },
  cells: strategies.map((strategy) => ({
    ...{ ...cell, situation: "responder-offline", strategy, unmet: [], checks: {}, history: "", durationMs: 1 },
    ...(strategy === "inbox"
      ? { reply: "lost", asExpected: false, expected: cell }
      : { asExpected: true, expected: cell }),
  })),
  ...{ format: 1, asExpected: false, durationMs: 1 },
} as unknown as Comparison;

const pages = {
  held: html(heldRun, { overview: "../index.html" }),
  violated: html({ ...brokenPromise.run, scenario: brokenPromise.scenario }),
  large: html(largeRun(20)),
  cluster: html(clusterRun),
  overview: overview({ suites, left: 0 }),
  sweep: overview({ suites: suites.slice(0, 2), left: 0, cells }),
  compare: comparePage(comparison),
};
type Name = keyof typeof pages;

describe.skipIf(noChromium())("in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  const open = async (name: Name, width: number, dark = false): Promise<Page> => {
    const colorScheme = dark ? "dark" : "light";
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
    await page.setContent(pages[name]);
    return page;
  };

  test.each(
    (Object.keys(pages) as Name[]).flatMap((name) => [
      { name, width: 1280, dark: false },
      { name, width: 390, dark: true },
    ]),
  )("axe finds nothing on the page $name at $width px, dark: $dark", async ({ name, width, dark }) => {
    const page = await open(name, width, dark);
    await addAxe(page);
    expect(await violations(page, { rules: { "label-content-name-mismatch": { enabled: true } } })).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    await page.close();
  });

  test.each([768, 390])("no text of a comparison reaches into the next cell at %i px", async (width) => {
    const page = await open("compare", width);
    const reach = await page.$$eval(".compared dd > *", (texts) =>
      texts.map(
        (text) => text.getBoundingClientRect().right - (text.closest("td")?.getBoundingClientRect().right ?? 0),
      ),
    );
    expect(Math.max(...reach)).toBeLessThanOrEqual(0);
    await page.close();
  });

  test("the text of a sweep's chart and the verdict of a run can be read at 390 px", async () => {
    const sweep = await open("sweep", 390);
    const sizes = await sweep.evaluate<number[]>(
      "[...document.querySelectorAll('.chart text')].map((text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)",
    );
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(9);
    await sweep.setContent(
      overview({ suites: [{ ...heldRun, name: "held-responders.bob.concurrency-100" }], left: 0 }),
    );
    const verdict = await sweep.locator("td").first().boundingBox();
    expect((verdict?.x ?? 0) + (verdict?.width ?? 0)).toBeLessThan(390);
    await sweep.close();
  });

  test("a diagram that is wider than its frame names the lanes beyond it, and its small picture leads to them", async () => {
    const page = await open("cluster", 390);
    const beyond = page.locator("#beyond");
    expect(await beyond.innerText()).toMatch(/→$/);
    const map = page.locator("#map");
    const { width = 0, height = 0 } = (await map.boundingBox()) ?? {};
    await map.click({ position: { x: width - 2, y: height / 2 } });
    await expect.poll(() => beyond.innerText()).toMatch(/^← [^→]+$/);
    expect(await page.locator(".head.node").last().isVisible()).toBe(true);
    await page.setViewportSize({ width: 1280, height: 900 });
    await expect.poll(() => beyond.isVisible()).toBe(false);
    await page.close();
  });

  test("the diagram begins on the first screen, and where the run was is folded", async () => {
    const page = await open("held", 1280);
    const box = await page.locator(".diagram").boundingBox();
    expect(box?.y).toBeLessThan(450);
    expect(await page.getByText("nats-server 2.14.0, from").isVisible()).toBe(false);
    await page.getByText("Where it ran").click();
    expect(await page.getByText("nats-server 2.14.0, from").isVisible()).toBe(true);
    await page.close();
  });

  test("the sign of a line and its number are beside each other in a file of any length", async () => {
    const scenario = `scenario: long\n${"# more\n".repeat(120)}timeline: []\n`;
    const run = { ...brokenPromise.run, scenario };
    run.result = {
      ...run.result,
      expectations: run.result.expectations.map((e, i) => ({ ...e, line: [9, 121][i] ?? 5 })),
    };
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.setContent(html(run));
    for (const line of [9, 121]) {
      const [sign, number, text] = await Promise.all(
        [".sign", ".number", "code"].map((part) => page.locator(`#line-${line} > ${part}`).first().boundingBox()),
      );
      expect((sign?.x ?? 0) + (sign?.width ?? 0)).toBeLessThanOrEqual(number?.x ?? 0);
      expect((number?.x ?? 0) + (number?.width ?? 0)).toBeLessThanOrEqual((text?.x ?? 0) + 1);
      expect(number?.y).toBeCloseTo(text?.y ?? 0, -1);
    }
    await page.close();
  });

  test("the overview has failures first, and its filters leave the runs that match", async () => {
    const page = await open("overview", 1280);
    const names = () => page.locator("tbody tr:visible th").allInnerTexts();
    expect((await names())[0]).toBe("violated");
    await page.getByLabel("Verdict").selectOption("held");
    expect(await names()).toEqual(["a", "b", "c", "d", "e"]);
    await page.getByLabel("Run", { exact: true }).fill("b");
    await page.getByRole("button", { name: "Clear filters" }).click();
    expect(await names()).toHaveLength(7);
    await page.close();
  });
});

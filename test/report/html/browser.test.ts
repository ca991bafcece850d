// The report in a real browser: pointing, links, filters, keyboard, light and dark, narrow and wide; nothing from the network.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { html } from "../../internal/report.js";
import { launchChromium, noChromium } from "../../support/browser.js";
import { heldRun } from "../runs.js";
import { brokenPromise, evil, evilRun, failedRun, largeRun } from "./runs.js";

const pages = {
  held: html(heldRun),
  broken: html({ ...brokenPromise.run, scenario: brokenPromise.scenario }),
  evil: html({ ...evilRun().run, scenario: evilRun().scenario }),
  failed: html({ ...failedRun, failure: "nats-server ended on its own." }),
  large: html(largeRun(1000)),
  // All requests by one name, as under load.
  same: html({
    ...heldRun,
    result: { ...heldRun.result, requests: heldRun.result.requests.map((one) => ({ ...one, as: "rush" })) },
  }),
};
type Name = keyof typeof pages;
const names = Object.keys(pages) as Name[];

describe.skipIf(noChromium())("in Chromium", () => {
  let browser: Browser;
  let page: Page;
  /** What the page complained about or asked for; nothing, ever. */
  const trouble: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), "report-"));
  const url = (name: Name) => pathToFileURL(join(folder, `${name}.html`)).href;

  beforeAll(async () => {
    for (const name of names) writeFileSync(join(folder, `${name}.html`), pages[name]);
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on("console", (message) => trouble.push(message.text()));
    page.on("pageerror", (error) => trouble.push(error.message));
    page.on("request", (request) => names.map(url).includes(request.url()) || trouble.push(request.url()));
  });
  afterEach(() => expect(trouble.splice(0)).toEqual([]));
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Afresh: where only what follows the `#` differs, the browser would stay on the page. */
  async function open(name: Name, hash = ""): Promise<void> {
    await page.goto("about:blank");
    await page.goto(url(name) + hash);
  }

  /** Which requests stand out in the diagram. */
  const lit = () => page.$$eval(".row.on", (rows) => [...new Set(rows.map((row) => row.getAttribute("data-r")))]);

  test("pointing at a row highlights the whole path of its request only", async () => {
    await open("held");
    await page.locator(".row[data-r='1']").nth(2).hover();
    expect(await lit()).toEqual(["1"]);
    const whole = await page.locator(".row[data-r='1']").count();
    expect(await page.locator(".row.on").count()).toBe(whole);
    const other = page.locator(".row[data-r='0']").first();
    await expect.poll(() => styleOf(other, "opacity")).toBe("0.16");
    await page.mouse.move(5, 5);
    expect(await lit()).toEqual([]);
  });

  test("keyboard focus highlights a path, Enter keeps it, and Escape releases it", async () => {
    await open("held");
    await page.getByRole("region", { name: /Sequence diagram/ }).focus();
    await page.keyboard.press("Tab");
    expect(await page.locator("a.row:focus").getAttribute("data-r")).toBe("0");
    expect(await lit()).toEqual(["0"]);
    await page.keyboard.press("Tab");
    expect(await lit()).toEqual(["1"]);
    await page.keyboard.press("Enter");
    await page.getByText("The path of flatbread.").waitFor();
    expect(page.url()).toMatch(/#request=flatbread$/);
    await page.keyboard.press("Tab");
    await page.locator("#by-request").focus();
    expect(await lit()).toEqual(["1"]);
    await page.keyboard.press("Escape");
    expect(await lit()).toEqual([]);
    expect(page.url()).not.toContain("#");
  });

  test("a link opens a path by name or id, and reports a missing one", async () => {
    await open("held", "#request=drink");
    expect(await lit()).toEqual(["2"]);
    await page.goto(`${url("held")}#request=r2`);
    await page.getByText("The path of flatbread.").waitFor();
    expect(await lit()).toEqual(["1"]);
    await page.goto(`${url("held")}#request=%E0%A4%A`);
    await page.getByText("There is no request %E0%A4%A in this report.").waitFor();
    expect(await lit()).toEqual([]);
  });

  test("a link by a shared name opens all its requests, and with a number one", async () => {
    await open("same", "#request=rush");
    await page.getByText("The path of 3 requests named rush.").waitFor();
    expect(await lit()).toEqual(["0", "1", "2"]);
    await page.getByRole("link", { name: "rush #2", exact: true }).click();
    await page.getByText("The path of rush #2.").waitFor();
    await page.mouse.move(5, 5);
    expect(await lit()).toEqual(["1"]);
  });

  test("the filters select by request, actor and status, and show the number left", async () => {
    await open("large", "#request=order%20600");
    expect(await page.locator("#pinned").innerText()).toContain("order 600 is not drawn");
    const left = async () => (await page.locator("tr[data-key]:visible").count()).toLocaleString("en");
    const said = () => page.locator("#matching").innerText();
    await page.getByLabel("Request").and(page.locator("input")).fill("ORDER 99");
    expect([await left(), await said()]).toEqual(["11", "11 of 1,000 listed requests"]);
    await page.getByRole("button", { name: "Clear filters" }).click();
    expect([await left(), await said()]).toEqual(["1,000", ""]);
    await page.getByLabel("Status").selectOption({ label: "timed-out" });
    expect([await left(), await said()]).toEqual(["20", "20 of 1,000 listed requests"]);
    await page.getByLabel("Actor").selectOption({ label: "bob" });
    expect(await left()).toBe("0"); // a request that gave up was never delivered
    await page.getByLabel("Status").selectOption({ label: "any" });
    expect(await left()).toBe("327");
    const drawn = await page.$$eval("a.row:not(.out)", (rows) => rows.map((row) => row.getAttribute("data-r")));
    expect(drawn.length).toBeGreaterThan(0);
    expect(drawn.filter((index) => Number(index) % 3 !== 0)).toEqual([]); // bob has every third
  });

  test("text from outside is inert, and can be linked to and filtered by", async () => {
    await open("evil", `#request=${encodeURIComponent(evil)}`);
    expect(await page.evaluate("window.owned")).toBeUndefined();
    expect(await lit()).toEqual(["0"]);
    await page.getByLabel("Actor").selectOption({ index: 1 });
    expect(await page.locator("tr[data-key]:visible").count()).toBe(1);
  });

  test.each(names.filter((name) => name !== "same"))(
    "the page at %s has no horizontal scrolling, and readable contrast in light and dark",
    async (name) => {
      await open(name);
      for (const width of [1280, 400]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
      }
      await page.setViewportSize({ width: 1280, height: 900 });
      const grounds: string[] = [];
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        grounds.push(await styleOf(page.locator("html"), "background-color"));
        if (name !== "large") expect(await page.evaluate(faintTexts)).toEqual([]);
      }
      expect(grounds).toEqual(["rgb(250, 249, 247)", "rgb(20, 23, 26)"]);
    },
  );

  test("a screen reader finds landmarks, ordered headings, a name for every control, and a table for the diagram", async () => {
    await open("held");
    expect(await page.locator("body").ariaSnapshot()).toMatch(/- search\b/);
    await open("broken");
    const tree = await page.locator("body").ariaSnapshot();
    for (const landmark of ["banner", "main", "region"]) expect(tree).toMatch(new RegExp(`- ${landmark}\\b`));
    expect([...tree.matchAll(/heading .*\[level=(\d)\]/g)].map((m) => m[1]).join("")).toMatch(/^12+$/);
    expect(tree).not.toMatch(/- (link|button|combobox|searchbox|region)( \[|:|$)/m);
    expect(tree).toContain('link "order-sandwich as lunch: not-collected"');
    await page.getByText(/The sequence as a table/).click();
    const table = page.getByRole("region", { name: "The sequence as a table" });
    expect(await table.getByRole("row", { name: /s alice is killed \(SIGKILL\)/ }).count()).toBe(1);
  });

  test("the page can be read without its script", async () => {
    const plain = await browser.newPage({ javaScriptEnabled: false });
    await plain.goto(url("broken"));
    expect(await plain.locator("h1").innerText()).toContain("Where does an inbox reply go");
    expect(await plain.locator("a.row").count()).toBe(1);
    expect(await plain.locator("#filters").isVisible()).toBe(false);
    await plain.close();
  });
});

function styleOf(of: Locator, property: string): Promise<string> {
  return of.evaluate((element, name) => {
    const { getComputedStyle } = globalThis as unknown as {
      getComputedStyle(element: unknown): { getPropertyValue(name: string): string };
    };
    return getComputedStyle(element).getPropertyValue(name);
  }, property);
}

/** In the browser: texts whose contrast with what is behind them is below 4.5 (WCAG 2.2, 1.4.3). */
function faintTexts(): string[] {
  const { document, getComputedStyle } = globalThis as unknown as BrowserGlobals;
  const rgb = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (color: string) => {
    const [r = 0, g = 0, b = 0] = rgb(color).map((c) =>
      c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element: StyledElement | null): string => {
    if (!element) return "rgb(255,255,255)";
    const color = getComputedStyle(element).backgroundColor;
    return (rgb(color)[3] ?? 1) > 0.5 ? color : behind(element.parentElement);
  };
  const faint = new Set<string>();
  for (const element of document.querySelectorAll(
    "h1,h2,p,a,dt,dd,li,strong,span,td,th,code,label,text,caption,output,button,summary",
  )) {
    const style = getComputedStyle(element);
    const isText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim());
    if (!isText || element.closest("[hidden]")) continue;
    const [a, b] = [luminance(element.tagName === "text" ? style.fill : style.color), luminance(behind(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faint.add(`${element.tagName}.${element.getAttribute("class")} ${contrast.toFixed(2)}`);
  }
  return [...faint];
}

interface StyledElement {
  parentElement: StyledElement | null;
  tagName: string;
  childNodes: Iterable<{ nodeType: number; textContent: string | null }>;
  closest(selector: string): unknown;
  getAttribute(name: string): string | null;
}

interface BrowserGlobals {
  document: { querySelectorAll(selector: string): Iterable<StyledElement> };
  getComputedStyle(element: StyledElement): { color: string; fill: string; backgroundColor: string };
}

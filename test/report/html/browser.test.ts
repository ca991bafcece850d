// The report in a real browser: pointing, links, filters, keyboard, light and dark, narrow and wide; nothing from the network.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { html } from "../../../src/report/html/index.js";
import { launchChromium, noChromium } from "../../support/browser.js";
import { heldRun } from "../runs.js";
import { brokenPromise, evil, evilRun, failedRun, largeRun } from "./runs.js";

const pages = {
  held: html(heldRun),
  broken: html(brokenPromise.run, brokenPromise),
  evil: html(evilRun().run, evilRun()),
  failed: html(failedRun, { failure: "nats-server ended on its own." }),
  large: html(largeRun(1000)),
};
type Name = keyof typeof pages;
const names = Object.keys(pages) as Name[];

describe.skipIf(noChromium())("in Chromium", () => {
  let browser: Browser;
  const folder = mkdtempSync(join(tmpdir(), "report-"));

  beforeAll(async () => {
    for (const name of names) writeFileSync(join(folder, `${name}.html`), pages[name]);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A page, and everything it complained about or asked for. */
  async function open(name: Name, hash = "", options: { width?: number; dark?: boolean } = {}) {
    const { width = 1280, dark = false } = options;
    const colorScheme = dark ? "dark" : "light";
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const trouble: string[] = [];
    const url = `${pathToFileURL(join(folder, `${name}.html`))}${hash}`;
    page.on("console", (message) => trouble.push(message.text()));
    page.on("pageerror", (error) => trouble.push(error.message));
    page.on("request", (request) => request.url() !== url.split("#")[0] && trouble.push(request.url()));
    await page.goto(url);
    return { page, trouble, [Symbol.asyncDispose]: () => page.close() };
  }

  /** Which requests stand out in the diagram. */
  const lit = (page: Page) =>
    page.$$eval(".row.on", (rows) => [...new Set(rows.map((row) => row.getAttribute("data-r")))]);

  test("pointing at a row lights the whole path of its request, and nothing else", async () => {
    await using opened = await open("held");
    const { page, trouble } = opened;
    await page.locator(".row[data-r='1']").nth(2).hover();
    expect(await lit(page)).toEqual(["1"]);
    const whole = await page.locator(".row[data-r='1']").count();
    expect(await page.locator(".row.on").count()).toBe(whole);
    const other = page.locator(".row[data-r='0']").first();
    await expect.poll(() => styleOf(other, "opacity")).toBe("0.16");
    await page.mouse.move(5, 5);
    expect(await lit(page)).toEqual([]);
    expect(trouble).toEqual([]);
  });

  test("the keyboard: focus lights a path, Enter keeps it, Escape lets it go", async () => {
    await using opened = await open("held");
    const { page, trouble } = opened;
    await page.getByRole("region", { name: /Sequence diagram/ }).focus();
    await page.keyboard.press("Tab");
    expect(await page.locator("a.row:focus").getAttribute("data-r")).toBe("0");
    expect(await lit(page)).toEqual(["0"]);
    await page.keyboard.press("Tab");
    expect(await lit(page)).toEqual(["1"]);
    await page.keyboard.press("Enter");
    await page.getByText("The path of flatbread.").waitFor();
    expect(page.url()).toMatch(/#request=flatbread$/);
    await page.keyboard.press("Tab");
    await page.locator("#by-request").focus();
    expect(await lit(page)).toEqual(["1"]);
    await page.keyboard.press("Escape");
    expect(await lit(page)).toEqual([]);
    expect(page.url()).not.toContain("#");
    expect(trouble).toEqual([]);
  });

  test("a link leads to a path, by name or id; to a request that is not drawn; and to none", async () => {
    await using broken = await open("broken", "#request=lunch");
    expect(await lit(broken.page)).toEqual(["0"]);
    await using held = await open("held", "#request=r2");
    expect(await lit(held.page)).toEqual(["1"]);
    await using none = await open("held", "#request=%E0%A4%A");
    expect(await none.page.locator("#pinned").innerText()).toContain("There is no request");
    await using large = await open("large", "#request=order%20600");
    expect(await large.page.locator("#pinned").innerText()).toContain("order 600 is not drawn");
    expect([...broken.trouble, ...held.trouble, ...none.trouble, ...large.trouble]).toEqual([]);
  });

  test("filters by request, actor and ending, and says how many are left", async () => {
    await using opened = await open("large");
    const { page, trouble } = opened;
    const left = async () => (await page.locator("tr[data-key]:visible").count()).toLocaleString("en");
    const said = () => page.locator("#matching").innerText();
    await page.getByLabel("Request").and(page.locator("input")).fill("ORDER 99");
    expect([await left(), await said()]).toEqual(["11", "11 of 1,000 listed requests"]);
    await page.getByRole("button", { name: "Show all" }).click();
    expect([await left(), await said()]).toEqual(["1,000", ""]);
    await page.getByLabel("Ending").selectOption({ label: "timed-out" });
    expect([await left(), await said()]).toEqual(["20", "20 of 1,000 listed requests"]);
    await page.getByLabel("Actor").selectOption({ label: "bob" });
    expect(await left()).toBe("0"); // a request that gave up was never delivered
    await page.getByLabel("Ending").selectOption({ label: "any" });
    expect(await left()).toBe("327");
    const drawn = await page.$$eval("a.row:not(.out)", (rows) =>
      rows.map((row) => row.getAttribute("data-r")),
    );
    expect(drawn.length).toBeGreaterThan(0);
    expect(drawn.filter((index) => Number(index) % 3 !== 0)).toEqual([]); // bob has every third
    expect(trouble).toEqual([]);
  });

  test("text from outside does nothing but stand there, and can be linked to and filtered by", async () => {
    await using opened = await open("evil", `#request=${encodeURIComponent(evil)}`);
    const { page, trouble } = opened;
    expect(await page.evaluate("window.owned")).toBeUndefined();
    expect(await lit(page)).toEqual(["0"]);
    await page.getByLabel("Actor").selectOption({ index: 1 });
    expect(await page.locator("tr[data-key]:visible").count()).toBe(1);
    expect(trouble).toEqual([]);
  });

  test.each(names)("%s: no sideways scrolling, readable contrast, light and dark", async (name) => {
    for (const [width, dark] of [
      [1280, false],
      [400, true],
    ] as const) {
      await using opened = await open(name, "", { width, dark });
      const { page, trouble } = opened;
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
      expect(await page.evaluate(faintTexts)).toEqual([]);
      expect(trouble).toEqual([]);
    }
  });

  test("dark is dark", async () => {
    await using light = await open("held");
    await using dark = await open("held", "", { dark: true });
    const ground = (page: Page) => styleOf(page.locator("html"), "background-color");
    expect(await ground(light.page)).toBe("rgb(250, 249, 247)");
    expect(await ground(dark.page)).toBe("rgb(20, 23, 26)");
  });

  test("to a screen reader: landmarks, headings in order, a name for whatever can be reached, a table for the diagram", async () => {
    await using opened = await open("broken");
    const { page } = opened;
    const tree = await page.locator("body").ariaSnapshot();
    for (const landmark of ["banner", "main", "search", "region"])
      expect(tree).toMatch(new RegExp(`- ${landmark}\\b`));
    expect([...tree.matchAll(/heading .*\[level=(\d)\]/g)].map((m) => m[1]).join("")).toMatch(/^12+$/);
    expect(tree).not.toMatch(/- (link|button|combobox|searchbox|region)( \[|:|$)/m);
    expect(tree).toContain('link "The path of lunch: not-collected"');
    await page.getByText(/The sequence as a table/).click();
    const table = page.getByRole("region", { name: "The sequence as a table" });
    expect(await table.getByRole("row", { name: /s alice is killed \(SIGKILL\)/ }).count()).toBe(1);
  });

  test("without a script it can still be read", async () => {
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(`${pathToFileURL(join(folder, "broken.html"))}`);
    expect(await page.locator("h1").innerText()).toContain("Where does an inbox reply go");
    expect(await page.locator("a.row").count()).toBe(1);
    expect(await page.locator("#filters").isVisible()).toBe(false);
    await page.close();
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
    const [a, b] = [
      luminance(element.tagName === "text" ? style.fill : style.color),
      luminance(behind(element)),
    ];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5)
      faint.add(`${element.tagName}.${element.getAttribute("class")} ${contrast.toFixed(2)}`);
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

// The demo's page by keyboard alone, with names for a screen reader, and without motion.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium, noChromium } from "../support/browser.js";
import { on, openPage, startDemo } from "./start.js";

/** More than the page has places for the focus. */
const mostTabs = 60;

interface Focused {
  name: string;
  isOutlined: boolean;
  tag: string;
}

/** For the browser, whose types the tests do not have. */
const focusedElement = `(() => {
  const element = document.activeElement;
  const label = element.getAttribute("aria-label") ?? element.closest("label")?.textContent ?? element.textContent;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const name = label.replace(/[^\\p{L}\\p{N}. ]/gu, "").trim();
  return { name, isOutlined: outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2, tag: element.tagName };
})()`;
const recordMoves = `globalThis.moved = 0;
for (const kind of ["animationstart", "transitionrun"]) addEventListener(kind, () => globalThis.moved++, true);`;

const keysOf = (page: Page) => {
  const focused = () => page.evaluate<Focused>(focusedElement);
  return {
    focused,
    /** Presses Tab until the element of this name has the focus, and then the key. */
    async press(name: string, key: "Enter" | "Space" = "Enter"): Promise<void> {
      const passed: string[] = [];
      for (let n = 0; n < mostTabs; n++) {
        const now = await focused();
        if (now.name === name) {
          expect(now.isOutlined, `the focus on ${name} is visible`).toBe(true);
          return page.keyboard.press(key);
        }
        passed.push(now.name);
        await page.keyboard.press("Tab");
      }
      throw new Error(`Tab does not reach ${name}, only ${passed.join(", ")}.`);
    },
  };
};

describe.skipIf(noChromium())("in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  test("Tab visits the page in the order in which it is read, and each place is visible", async () => {
    await using demo = await startDemo();
    await using open = await openPage(browser, demo.url);
    const { focused } = keysOf(open.page);
    const visited: string[] = [];
    for (let n = 0; n < mostTabs; n++) {
      await open.page.keyboard.press("Tab");
      const { name, isOutlined, tag } = await focused();
      if (tag === "BODY") break;
      expect(isOutlined, `the focus on ${name} is visible`).toBe(true);
      visited.push(name);
    }
    expect(visited).toEqual([
      ...["Copy as scenario.yaml", "Copy as vitest test", "Save report.html", "Skip the tour"],
      ...["Kill", "Freeze", "Restart", "Cut", "latency 0 ms", "mailbox"],
      ...["sandwich", "bagel", "flatbread", "tea", "50", "Kill this tab"],
      ...["Start bob", "one more", "a slow one", "What happens the newest first"],
    ]);
  });

  test("the whole tour is done by keyboard alone", { timeout: 150_000 }, async () => {
    await using demo = await startDemo();
    await using open = await openPage(browser, demo.url);
    const { page, trouble } = open;
    const { says, responder } = on(page);
    const { press, focused } = keysOf(page);
    const comeBack = async () => {
      await page.locator("[data-back=tab]:focus").waitFor();
      await page.keyboard.press("Enter");
      await page.locator("[data-order=order-sandwich]:enabled").waitFor();
    };

    await press("sandwich");
    await page.getByText("Tour, step 2 of 5").waitFor();
    await press("Start bob", "Space");
    await says("order-1", "received");
    // The new state took the pressed button away.
    expect((await focused()).name).toBe("Pause bob");

    await press("Stop bob");
    await responder("bob", "stopped");
    await press("bagel", "Space");
    await says("order-2", "waits in REQUESTS");
    await press("Kill this tab");
    await comeBack();
    await press("Start bob");
    await says("order-2", "collected later");

    await press("a slow one");
    await responder("slow-sid", "running");
    await press("Stop bob");
    await responder("bob", "stopped");
    await press("flatbread");
    await says("order-3", "at slow-sid");
    await press("Kill slowsid");
    await responder("slow-sid", "killed");
    await press("Start bob");
    await says("order-3", "received");

    await press("Stop bob");
    await responder("bob", "stopped");
    await press("mailbox", "Space");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await press("sandwich");
    await says("order-4-inbox", "waits in REQUESTS");
    await press("Kill this tab");
    await comeBack();
    await press("Start bob");
    await says("order-4-inbox", "the reply is lost");
    await page.getByText("The tour is done").waitFor();
    expect(trouble).toEqual([]);
  });

  test("a copied text has the focus, and Escape leads back to its button", async () => {
    await using demo = await startDemo();
    await using open = await openPage(browser, demo.url);
    const { page } = open;
    const { press, focused } = keysOf(page);
    await press("Copy as scenario.yaml");
    const dialog = page.getByRole("dialog", { name: "Copy as scenario.yaml" });
    await dialog.waitFor();
    expect(await dialog.locator(":focus").count()).toBe(1);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect((await focused()).name).toBe("Copy as scenario.yaml");
  });

  test.each(["reduce", "no-preference"] as const)(
    "orders move only without the preference for less motion: %s",
    async (reducedMotion) => {
      await using demo = await startDemo();
      await using open = await openPage(browser, demo.url);
      const { page } = open;
      await page.emulateMedia({ reducedMotion });
      await page.evaluate(recordMoves);
      const { order, start, says } = on(page);
      await order("order-sandwich");
      await start("bob");
      await says("order-1", "received");
      const moved = await page.evaluate<number>("globalThis.moved");
      if (reducedMotion === "reduce") expect(moved).toBe(0);
      else expect(moved).toBeGreaterThan(0);
    },
  );
});

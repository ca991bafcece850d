// The built docs site in Chromium: five questions are answered within two clicks of the first screen, and axe finds nothing.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addAxe, violations } from "../support/axe.js";
import { launchChromium, noChromium } from "../support/browser.js";
import { type Site, serveSite } from "./served.js";

const desktop = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };

/** The links that a reader clicks, from the home page on, and the sentence that answers the question. */
const questions = [
  {
    question: "Is this for me?",
    clicks: [/Is this for me/],
    answer: "May a request wait until its responder is online?",
  },
  {
    question: "How do I install it?",
    clicks: [/How do I install it/],
    answer: "npm install jetstream-request-reply-kit @nats-io/transport-node",
  },
  {
    question: "Which strategy should I use?",
    clicks: [/Which strategy should I use/],
    answer: "Choose mailbox if you are not sure.",
  },
  {
    question: "How do I test my service?",
    clicks: [/How do I test my service/],
    answer: "npx vitest run reports 2 passed.",
  },
  { question: "What if I crash?", clicks: [/What if I crash/], answer: "Store the handle before you wait." },
];

const mainPages = [
  "/",
  "/start",
  "/tutorial-service",
  "/library",
  "/strategies",
  "/coming-back",
  "/testing",
  "/production",
  "/runtimes",
  "/faq",
  "/comparison",
  "/nats-by-example",
  "/scenarios/",
  "/scenarios/offline-responder",
  "/api/testing",
];

describe.skipIf(noChromium())("the site in Chromium", () => {
  let browser: Browser;
  let site: Site;
  beforeAll(async () => {
    [browser, site] = await Promise.all([launchChromium(), serveSite()]);
  });
  afterAll(async () => {
    await browser.close();
    await site[Symbol.asyncDispose]();
  });

  async function open(path: string) {
    const context = await browser.newContext({ viewport: desktop, reducedMotion: "reduce" });
    const page = await context.newPage();
    await page.goto(site.url + path, { waitUntil: "load" });
    await page.locator("#app main, #VPContent").first().waitFor();
    return { page, [Symbol.asyncDispose]: () => context.close() };
  }

  test.each(questions)("$question is answered within two clicks", async ({ clicks, answer }) => {
    expect(clicks.length).toBeLessThanOrEqual(2);
    await using opened = await open("/");
    const { page } = opened;
    const content = page.locator("#VPContent");
    expect(await isOnScreen(page, content.locator("a", { hasText: clicks[0] }).first())).toBe(true); // without scrolling
    for (const name of clicks) await content.locator("a", { hasText: name }).first().click();
    const text = content.getByText(answer).first();
    await text.waitFor();
    await expect.poll(() => isOnScreen(page, text)).toBe(true); // where the last click leads
  });

  test("every link of the home page leads to a page that exists", async () => {
    await using opened = await open("/");
    const hrefs = await opened.page.$$eval("a[href^='/']", (all) => all.map((one) => one.getAttribute("href") ?? ""));
    expect(hrefs.length).toBeGreaterThan(10);
    for (const href of new Set(hrefs)) expect((await fetch(site.url + href)).status, href).toBe(200);
  });

  test.each(mainPages)("axe finds nothing on %s, light, dark and on a phone", { timeout: 120_000 }, async (path) => {
    await using opened = await open(path);
    const { page } = opened;
    await addAxe(page);
    expect(await violations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    await page.locator("html.dark").waitFor();
    expect(await violations(page)).toEqual([]);
    await page.setViewportSize(phone);
    expect(await violations(page)).toEqual([]);
    const overflow = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
    expect(overflow).toBeLessThanOrEqual(0);
  });
});

async function isOnScreen(page: Page, place: ReturnType<Page["locator"]>): Promise<boolean> {
  const box = await place.boundingBox();
  const { height } = page.viewportSize() ?? { height: 0 };
  return box !== null && box.y >= 0 && box.y + box.height <= height;
}

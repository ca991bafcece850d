// The demo's page in a real browser: the whole tour, a killed server, and what the session is saved as.
import axe from "axe-core";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runScenario } from "../../src/testing/index.js";
import { launchChromium, noChromium } from "../support/browser.js";
import { on, openPage, startDemo } from "./start.js";

describe.skipIf(noChromium())("in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  test("the tour is done, with a killed server in the middle, and its copy as a scenario holds", {
    timeout: 150_000,
  }, async () => {
    await using demo = await startDemo();
    await using open = await openPage(browser, demo.url);
    const { page, trouble } = open;
    const { order, both, start, stop, kill, addSlow, fault, killTab, comeBack, says, responder, ...click } = on(page);

    await order("order-sandwich");
    await says("order-1", "waits in REQUESTS");
    await page.getByText("Tour, step 2 of 5").waitFor();

    await start("bob");
    await says("order-1", "received");

    await stop("bob");
    await responder("bob", "stopped");
    await order("order-bagel");
    await says("order-2", "waits in REQUESTS");
    await killTab();
    await page.locator(".handles code").waitFor();
    await comeBack();
    await start("bob");
    await says("order-2", "collected later");

    await fault("kill-server");
    await page.getByText("The server does not answer.").waitFor();
    await fault("kill-server");
    await page.getByText("The queue is empty.").waitFor();

    await addSlow();
    await responder("slow-sid", "running");
    await stop("bob");
    await responder("bob", "stopped");
    await order("order-flatbread");
    await says("order-3", "at slow-sid");
    await kill("slow-sid");
    await responder("slow-sid", "killed");
    await start("bob");
    await says("order-3", "received");

    await stop("bob");
    await responder("bob", "stopped");
    await both();
    await order("order-sandwich");
    await says("order-4-inbox", "waits in REQUESTS");
    await killTab();
    await comeBack();
    await start("bob");
    await says("order-4", "collected later");
    await says("order-4-inbox", "the reply is lost");
    await page.getByText("The tour is done").waitFor();
    expect(await click.counter("inbox replies lost")).toBe("1 ✗");
    expect(await click.counter("mailbox replies lost")).toBe("0 ✔");
    expect(trouble).toEqual([]);

    const scenario = await click.scenario();
    expect(scenario).toContain("order-4: ok 🥪");
    const { result } = await runScenario(scenario);
    const different = [...result.expectations, ...result.checks].filter(({ verdict }) => verdict !== "held");
    expect(different, scenario).toEqual([]);
  });

  test("a load of 50 and a rejected tea end on the page, and the report has them", async () => {
    await using demo = await startDemo();
    await using open = await openPage(browser, demo.url);
    const { order, start, says } = on(open.page);
    await order("load");
    await order("order-tea");
    await start("bob");
    await says("order-2", "rejected: received");
    await open.page.getByText("No order is open.").waitFor();
    const report = await (await fetch(new URL("report.html", demo.url))).text();
    expect(report).toContain("load-1");
    expect(report.startsWith("<!doctype html>")).toBe(true);
  });

  test.each([
    { width: 1280, dark: false },
    { width: 390, dark: true },
  ])("axe finds nothing on a page of $width px, dark: $dark", async (options) => {
    await using demo = await startDemo();
    await using open = await openPage(browser, demo.url, options);
    const { page } = open;
    const { order, start, says } = on(page);
    await order("order-sandwich");
    await start("bob");
    await says("order-1", "received");
    // The page's policy allows no script but its own, and axe is another.
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Page.setBypassCSP", { enabled: true });
    await page.reload();
    await says("order-1", "received");
    await page.addScriptTag({ content: axe.source });
    const violations = await page.evaluate(async () => {
      const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    });
    expect(violations).toEqual([]);
    const overflow = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
    expect(overflow).toBeLessThanOrEqual(0);
  });

  test("Ctrl-C ends the demo with its server and its responders", async () => {
    await using demo = await startDemo();
    await using open = await openPage(browser, demo.url);
    const { start, responder } = on(open.page);
    await start("bob");
    await responder("bob", "running");
    demo.process.signal("SIGINT");
    expect(await demo.process.ended).toMatchObject({ code: 0 });
    await open.page.getByText("The demo's process does not answer").waitFor();
  });
});

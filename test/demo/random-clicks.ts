// Random clicks on the demo page, the same for the same seed, and what their copy as a scenario gives.
import type { Browser, Page } from "playwright-core";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { expect } from "vitest";
import { runScenario } from "../../src/testing/index.js";
import { openPage, startDemo } from "./start.js";

interface Replayed {
  /** What was clicked. */
  clicks: string[];
  /** The copied scenario. */
  scenario: string;
  /** What did not come out as on the page; empty where the copy reproduces the session. */
  different: string[];
}

const clicksOfOne = 8;

export async function replayRandomClicks(browser: Browser, seed: number): Promise<Replayed> {
  await using demo = await startDemo();
  await using open = await openPage(browser, demo.url);
  const { page } = open;
  const random = randomFrom(seed);
  const clicks: string[] = [];
  while (clicks.length < clicksOfOne) {
    const name = random.oneOf(await buttonsOf(page));
    if (await click(page, name)) clicks.push(name);
    await page.waitForTimeout(random.below(400)); // a person's pause: the copy waits for what was seen, not for the time
  }
  await settle(page);
  const scenario = await (await fetch(new URL("scenario.yaml", demo.url))).text();
  const { result } = await runScenario(scenario);
  const different = [...result.expectations, ...result.checks].filter(({ verdict }) => verdict !== "held");
  return { clicks, scenario, different: different.map((one) => JSON.stringify(one)) };
}

function randomFrom(seed: number) {
  const generator = xoroshiro128plus(seed);
  const below = (n: number) => Math.floor(uniformFloat64(generator) * n);
  return { below, oneOf: <T>(all: readonly T[]): T => all[below(all.length)] as T };
}

/** By selectors; orders more often than the rest. */
async function buttonsOf(page: Page): Promise<string[]> {
  const found = await page.$$eval("button:enabled, input[name=via]", (all) =>
    all.flatMap((button) => {
      const { order, kill, add, fault } = button.dataset;
      const label = button.getAttribute("aria-label");
      if (order) return `[data-order=${order}]`;
      if (kill) return `[data-kill=${kill}]`;
      if (add) return `[data-add=${add}]`;
      if (fault) return `[data-fault=${fault}]`;
      if (label) return `[aria-label="${label}"]`;
      if (button.textContent === "Restart") return "text=Restart";
      return button.tagName === "INPUT" ? `label:has-text("${button.parentElement?.textContent}") input` : [];
    }),
  );
  return [...found, ...found.filter((name) => name.includes("data-order"))];
}

async function click(page: Page, name: string): Promise<boolean> {
  const isThere = await page.click(name, { timeout: 2_000 }).then(
    () => true,
    () => false, // an event took the button away
  );
  if (isThere && name.includes("data-kill")) {
    await page.click("[data-back=tab]");
    // The page is loaded again; it may be connected only when the server is healed.
    await page.locator("[data-order=order-sandwich]").waitFor();
  }
  return isThere;
}

/** Heals what is broken, and waits until a responder that is not slow has answered all that is stored. */
async function settle(page: Page): Promise<void> {
  for (const fault of ["kill-server", "pause-server", "cut"]) {
    const button = page.locator(`[data-fault=${fault}].on`);
    if (await button.isVisible()) await button.click();
    await button.waitFor({ state: "detached" });
  }
  await page.locator("[data-order=order-sandwich]:enabled").waitFor({ timeout: 60_000 });
  await expect
    .poll(
      async () => {
        for (const name of ["Resume", "Start"])
          for (const button of await page.locator(`[aria-label^="${name} "]:enabled`).all())
            await button.click({ timeout: 1_000 }).catch(() => {}); // an event took the button away
        const fast = page.locator("[data-responder].running:not([data-responder^=slow])");
        if ((await fast.count()) === 0) await page.click("[data-add=fast]", { timeout: 1_000 }).catch(() => {});
        return await fast.count();
      },
      { timeout: 60_000 },
    )
    .toBeGreaterThan(0);
  // An order without a PubAck stays open: it is unknown whether the server has it.
  await page.getByRole("heading", { name: "REQUESTS 0" }).waitFor({ timeout: 60_000 });
}

// Twenty sessions of random clicks on the demo page: the scenario copied from each reproduces it.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { replayRandomClicks } from "../demo/random-clicks.js";
import { launchChromium, noChromium } from "../support/browser.js";

const seeds = Array.from({ length: 20 }, (_, i) => i + 1);

describe.skipIf(noChromium())("in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  test.each(seeds)("the clicks of seed %i are reproduced", { timeout: 180_000 }, async (seed) => {
    const { clicks, scenario, different } = await replayRandomClicks(browser, seed);
    expect(different, `${clicks.join("\n")}\n${scenario}`).toEqual([]);
  });
});

// Sessions of random clicks; test/soak has twenty.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium, noChromium } from "../support/browser.js";
import { replayRandomClicks } from "./random-clicks.js";

/** 19 kills the tab while the server restarts. */
const seeds = [1, 19];

describe.skipIf(noChromium())("in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  test.each(seeds)(
    "a scenario copied after the random clicks of seed %i reproduces them",
    { timeout: 180_000 },
    async (seed) => {
      const { clicks, scenario, different } = await replayRandomClicks(browser, seed);
      expect(different, `${clicks.join("\n")}\n${scenario}`).toEqual([]);
    },
  );
});

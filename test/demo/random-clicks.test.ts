// One session of random clicks; test/soak has twenty.
import { expect, test } from "vitest";
import { launchChromium, noChromium } from "../support/browser.js";
import { replayRandomClicks } from "./random-clicks.js";

test.skipIf(noChromium())("a scenario copied after random clicks reproduces them", { timeout: 120_000 }, async () => {
  const browser = await launchChromium();
  try {
    const { clicks, scenario, different } = await replayRandomClicks(browser, 1);
    expect(different, `${clicks.join("\n")}\n${scenario}`).toEqual([]);
  } finally {
    await browser.close();
  }
});

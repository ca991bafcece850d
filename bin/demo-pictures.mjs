// Takes the pictures of docs/demo.md: the page after the first steps of its tour, in Chromium, at three widths, light and dark.
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = `${root}docs/demo`;
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

mkdirSync(folder, { recursive: true });
const demo = spawn(process.execPath, [`${root}dist/cli.js`, "demo", "--json"], {
  stdio: ["ignore", "pipe", "inherit"],
});
const { url } = JSON.parse(await new Promise((resolve) => demo.stdout.once("data", (text) => resolve(String(text)))));
const browser = await chromium.launch({ executablePath });
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 980 } });
  const order = async (name, as, text) => {
    await page.click(`[data-order=${name}]:enabled`);
    await page.locator(`[data-as="${as}"]`, { hasText: text }).waitFor();
  };
  await page.goto(url);
  await order("order-sandwich", "order-1", "waits in REQUESTS");
  await page.getByText("Tour, step 2 of 5").waitFor();
  await page.getByRole("button", { name: "Start bob" }).click();
  await page.locator('[data-as="order-1"]', { hasText: "received" }).waitFor();
  await page.getByRole("button", { name: "Stop bob" }).click();
  await page.locator('[data-responder="bob"].stopped').waitFor();
  await page.getByLabel("both").check();
  await order("order-bagel", "order-2-inbox", "waits in REQUESTS");
  await page.click("[data-kill=tab]");
  await page.getByRole("heading", { name: "This tab was killed" }).waitFor();
  await page.locator(".handles code").waitFor();
  await page.screenshot({ path: `${folder}/killed.png`, clip: { x: 200, y: 60, width: 880, height: 340 } });
  await page.click("[data-back=tab]");
  await page.getByRole("button", { name: "Start bob" }).click();
  await page.locator('[data-as="order-2-inbox"]', { hasText: "lost" }).waitFor();
  await page.getByRole("button", { name: "Stop bob" }).click();
  await page.locator('[data-responder="bob"].stopped').waitFor();
  await page.click("[data-add=slow]");
  await page.locator('[data-responder="slow-sid"].running').waitFor();
  await order("order-flatbread", "order-3", "at slow-sid");
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of [1280, 768, 390]) {
      await page.setViewportSize({ width, height: width === 1280 ? 1000 : 1100 });
      await page.screenshot({ path: `${folder}/page-${width}-${colorScheme}.png` });
    }
  }
} finally {
  await browser.close();
  demo.kill("SIGINT");
}

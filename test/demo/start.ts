// The demo as a process of its own, and its page in Chromium.
import type { Browser, Page } from "playwright-core";
import { type CliProcess, startJsrr } from "../support/cli.js";

export interface RunningDemo extends AsyncDisposable {
  url: string;
  process: CliProcess;
}

/** @param words more of the command line. */
export async function startDemo(words: readonly string[] = []): Promise<RunningDemo> {
  const process = startJsrr(["demo", "--json", ...words]);
  const [text] = await process.says(/\{[^}]*"url"[^}]*\}/);
  const { url } = JSON.parse(text) as { url: string };
  return { url, process, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
}

export interface OpenPage extends AsyncDisposable {
  page: Page;
  /** What the page complained about. */
  trouble: string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  options: { width?: number; dark?: boolean } = {},
): Promise<OpenPage> {
  const colorScheme = options.dark ? "dark" : "light";
  const page = await browser.newPage({ viewport: { width: options.width ?? 1280, height: 900 }, colorScheme });
  const trouble: string[] = [];
  page.on("pageerror", (error) => trouble.push(error.message));
  await page.goto(url);
  await page.locator("[data-order=order-sandwich]:enabled").waitFor();
  return { page, trouble, [Symbol.asyncDispose]: () => page.close() };
}

/** The page's buttons, as its user finds them. */
export const on = (page: Page) => ({
  order: (order: string) => page.click(`[data-order=${order}]`),
  both: () => page.getByLabel("both").check(),
  start: (name: string) => page.getByRole("button", { name: `Start ${name}`, exact: true }).click(),
  stop: (name: string) => page.getByRole("button", { name: `Stop ${name}`, exact: true }).click(),
  kill: (name: string) => page.getByRole("button", { name: `Kill ${name}`, exact: true }).click(),
  addSlow: () => page.click("[data-add=slow]"),
  fault: (name: string) => page.click(`[data-fault=${name}]`),
  async killTab() {
    await page.click("[data-kill=tab]");
    await page.getByRole("heading", { name: "This tab was killed" }).waitFor();
  },
  async comeBack() {
    await page.click("[data-back=tab]");
    await page.locator("[data-order=order-sandwich]:enabled").waitFor();
  },
  /** Waits until the order's line says so. */
  says: (as: string, text: string) => page.locator(`[data-as="${as}"]`, { hasText: text }).waitFor(),
  responder: (name: string, state: string) => page.locator(`[data-responder="${name}"].${state}`).waitFor(),
  counter: (label: string) => page.locator(`[data-counter="${label}"]`).textContent(),
  scenario: async () => (await fetch(new URL("scenario.yaml", page.url()))).text(),
});

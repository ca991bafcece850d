// Accessibility of a page in Chromium, by axe-core.
import axe, { type RunOptions } from "axe-core";
import type { Page } from "playwright-core";

/** Once for each page that axe checks. */
export const addAxe = (page: Page) => page.addScriptTag({ content: axe.source });

/** What axe finds on a page as it is now, each rule with its elements. */
export function violations(page: Page, options: RunOptions = {}): Promise<string[]> {
  return page.evaluate(async (options) => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(options);
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" ")}`);
  }, options);
}

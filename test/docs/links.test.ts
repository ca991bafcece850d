// Links of the README and of docs/: each relative link has its file, each anchor its heading.
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { read } from "./page.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = [
  "README.md",
  ...readdirSync(join(root, "docs"), { recursive: true }).map((name) => `docs/${name}`),
].filter((name) => name.endsWith(".md") && !/node_modules|^docs\/api\//.test(name));

/** The anchors of a page, by GitHub's rule. */
const anchors = (page: string) =>
  [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );

const links = pages.flatMap((page) =>
  [...read(page).matchAll(/\]\((?!https?:)([^)\s]*)\)/g)].map(([, link = ""]) => [page, link] as const),
);

test("the pages have links", () => expect(links.length).toBeGreaterThan(5));

test.each(links)("the link in %s to %s exists", (page, link) => {
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? page : join(dirname(page), file);
  expect(existsSync(join(root, target))).toBe(true);
  if (anchor !== undefined) expect(anchors(read(target))).toContain(anchor);
});

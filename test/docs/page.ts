// A page with generated regions between `<!-- begin name -->` and `<!-- end name -->`: reads and writes them.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const place = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const { scripts } = JSON.parse(readFileSync(place("package.json"), "utf8")) as { scripts: Record<string, string> };

/**
 * The words after `jsrr` of a line such as `npm run requester order-tea -- --timeout 2s`;
 * undefined if it runs no script, or one that runs something else.
 * @throws Error if package.json has no such script.
 */
export function jsrrWords(line: string): string[] | undefined {
  const [, script, rest = ""] = /(?:^|&& )npm run (?:-s )?([\w:-]+) ?(.*)$/.exec(line) ?? [];
  if (script === undefined) return undefined;
  const runs = scripts[script];
  if (runs === undefined) throw new Error(`package.json has no script for \`${line}\`.`);
  const command = /^node bin\/dev\.mjs ?([^&]*)/.exec(runs)?.[1];
  return command === undefined ? undefined : wordsOf(`${command} ${rest}`);
}

const wordsOf = (text: string) => text.split(" ").filter((word) => word !== "" && word !== "--");

export const read = (path: string) => readFileSync(place(path), "utf8");

/** Names of the page's regions, in order. */
export const regions = (page: string) => [...page.matchAll(/^<!-- begin (\S+) -->$/gm)].map((m) => m[1]);

/** The text between a region's marks, without the empty lines around it. */
export function region(page: string, name: string): string {
  const [from, to] = bounds(page, name);
  return page.slice(from, to).trim();
}

/** Writes `texts` into their regions of the page at `path`. */
export function rewrite(path: string, texts: Record<string, string>): void {
  let page = read(path);
  for (const [name, text] of Object.entries(texts)) {
    const [from, to] = bounds(page, name);
    page = `${page.slice(0, from)}\n${text}\n${page.slice(to)}`;
  }
  writeFileSync(place(path), page);
}

function bounds(page: string, name: string): [number, number] {
  const begin = `<!-- begin ${name} -->\n`;
  const from = page.indexOf(begin);
  const to = page.indexOf(`<!-- end ${name} -->`);
  if (from < 0 || to < from) throw new Error(`The page has no region ${name}.`);
  return [from + begin.length, to];
}

export const fenced = (language: string, text: string) => `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;

export const table = (head: string[], rows: string[][]) =>
  [
    `| ${head.join(" | ")} |`,
    `|${head.map(() => "---|").join("")}`,
    ...rows.map((cells) => `| ${cells.join(" | ")} |`),
  ].join("\n");

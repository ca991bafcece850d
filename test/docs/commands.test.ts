// Commands in the README and in docs/: each script is one of package.json, each command and each option is one of `jsrr`.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { jsrrHere } from "../support/cli.js";
import { jsrrWords, read } from "./page.js";
import { root } from "./project.js";

const pages = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith(".md"),
);

/** Every command of a page: in its blocks for a shell, and in backquotes. */
const commandsOf = (page: string) => [
  ...[...page.matchAll(/^ *```(?:sh|console)\n([\s\S]*?)^ *```$/gm)].flatMap(([, block = ""]) => block.split("\n")),
  ...[...page.matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text),
];

interface Call {
  page: string;
  line: string;
  /** The words after `jsrr`. */
  words: string[];
}

const calls = pages.flatMap((page): Call[] =>
  commandsOf(read(page)).flatMap((text): Call[] => {
    const line = text.replace(/\s#.*$/, "").trim();
    const direct = /(?:^|&& |\$ )(?:npx )?jsrr ([a-z].*)$/.exec(line);
    if (direct) return [{ page, line, words: (direct[1] ?? "").split(" ") }];
    const words = jsrrWords(line);
    return words === undefined ? [] : [{ page, line, words }];
  }),
);

const helps = new Map<string, Promise<string>>();
/** The help of a command, with that of its subcommand. */
function help(command: string, sub: string): Promise<string> {
  const words = command === "dead-letters" ? [command, sub] : [command];
  const key = words.join(" ");
  const made = helps.get(key) ?? jsrrHere([...words, "--help"]).then(({ stdout, stderr }) => stdout + stderr);
  helps.set(key, made);
  return made;
}

test("the pages have commands", () => expect(calls.length).toBeGreaterThan(50));

test.each(calls)("$page: `$line` is a command with known options", async ({ words }) => {
  const [command = "", sub = ""] = words;
  if (command === "" || command.toUpperCase() === command) return; // COMMAND, as a placeholder
  const text = await help(command, sub);
  expect(text).toContain(`jsrr ${command}`);
  for (const option of words.filter((word) => /^--[a-z]/.test(word)).map((word) => word.replace(/=.*$/, ""))) {
    expect(text).toMatch(new RegExp(`${option}\\b`));
  }
});

// The README and docs/testing.md as their readers paste them: into an empty project that has the packed tarball installed by npm.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, type TestContext, test } from "vitest";
import { read } from "../docs/page.js";
import { startTestServer } from "../support/server.js";
import { kit, pack, root, run, temporary } from "./project.js";

const folder = temporary();
let tarball: string;
beforeAll(async () => {
  tarball = await pack(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The first code block of the page, in one of these languages, that imports this entry of the kit. */
function block(page: string, languages: string, entry: string) {
  for (const [, language = "", code = ""] of read(page).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)) {
    if (languages.split(" ").includes(language) && code.includes(`from "${entry}"`)) return { language, code };
  }
  throw new Error(`${page} has no code block (${languages}) that imports ${entry}.`);
}

/** Exit code and output of the command in the new project. */
async function paste(name: string, code: string, command: string, packages: readonly string[], skip: Skip) {
  const file = join(mkdtempSync(join(folder, "newcomer-")), name);
  writeFileSync(file, code);
  const result = await run(folder, join(root, "test/pack/newcomer.sh"), [tarball, file, command, ...packages]);
  if (result.code === 75) skip("the package registry does not answer");
  return result;
}
type Skip = TestContext["skip"];

test("the README's first program runs in an empty project, and prints what its comments promise", async ({ skip }) => {
  await using server = await startTestServer();
  const { language, code } = block("README.md", "ts js", kit);
  const address = /\b(127\.0\.0\.1|localhost):4222\b/g;
  expect(code).toMatch(address);
  const program = code.replaceAll(address, `127.0.0.1:${server.port}`);
  const { command, packages } = language === "ts" ? typescript : { command: "node readme.js", packages: [] };
  const result = await paste(`readme.${language}`, program, command, packages, skip);
  const promised = [...code.matchAll(/^.*console\.log\(.*\); \/\/ (.*)$/gm)].map(([, output]) => output);
  expect(promised).not.toEqual([]);
  expect(result).toEqual({ code: 0, output: `${promised.join("\n")}\n` });
});

/** Node 20 runs neither types nor `await using`, so the program is compiled. */
const typescript = {
  command:
    "npx tsc --strict --target es2022 --lib es2023,esnext.disposable --module nodenext --types node readme.ts && node readme.js",
  packages: ["typescript", "@types/node@20"],
};

test("the test of docs/testing.md passes in an empty project", async ({ skip }) => {
  const { code } = block("docs/testing.md", "ts js", `${kit}/testing/vitest`);
  const result = await paste("order.test.js", code, "npx vitest run", ["vitest"], skip);
  expect(result.output).toMatch(/Tests {2}2 passed/);
  expect(result.code).toBe(0);
});

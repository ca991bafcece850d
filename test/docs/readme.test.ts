// README.md: one screen, whose program runs in a project of its own that has the kit installed, on a real server.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startTestServer } from "../support/server.js";
import { run } from "./example.js";
import { read } from "./page.js";
import { project } from "./project.js";

const programs = [...read("README.md").matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
const [first = ""] = programs;
const promised = /console\.log\(.*\); \/\/ (.*)$/m.exec(first)?.[1];

test("the README is one screen: at most 100 lines", () => {
  expect(read("README.md").split("\n").length).toBeLessThanOrEqual(100);
});

test("the README's first program has ten lines, prints what it promises, and ends", async () => {
  expect(promised).toMatch(/^ok /);
  expect(first.split("\n").filter((line) => line.trim() !== "")).toHaveLength(10);
  await using server = await startTestServer();
  using folder = project();
  const address = "127.0.0.1:4222";
  expect(first).toContain(address);
  writeFileSync(join(folder.path, "tea.mjs"), first.replace(address, server.url.replace("nats://", "")));
  await using process_ = run(process.execPath, [join(folder.path, "tea.mjs")], server.url);
  expect(await process_.ended).toEqual({ code: 0, output: `${promised}\n` });
});

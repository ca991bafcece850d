// README.md: its programs, compiled and run in a project of their own that has the kit installed, on a real server.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scenarioOf } from "../support/scenario.js";
import { startTestServer } from "../support/server.js";
import { run } from "./example.js";
import { read } from "./page.js";
import { compile, project } from "./project.js";

const programs = [...read("README.md").matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
const [first = ""] = programs;
const promised = /console\.log\(.*\); \/\/ (.*)$/m.exec(first)?.[1];

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

test("the README's programs compile, each as a continuation of those before it", async () => {
  expect(programs.length).toBeGreaterThan(4);
  using folder = project();
  await compile(folder.path, programs.join("\n"));
});

test("the README's experiment is a scenario", () => {
  const experiment = /^```yaml\n([\s\S]*?)^```$/m.exec(read("README.md"))?.[1] ?? "";
  expect(experiment.trim().split("\n").length).toBeLessThanOrEqual(15);
  expect(scenarioOf(experiment).question).toBe("Does a killed server lose a request that is being worked on?");
});

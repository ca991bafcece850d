// The guides of docs/: their programs compile, and those of the tutorials run as the page says.
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { openConnection, setup } from "../../src/index.js";
import { runScenario } from "../../src/testing/index.js";
import { startTestServer } from "../support/server.js";
import { run } from "./example.js";
import { read } from "./page.js";
import { compile, project, root } from "./project.js";

const blocks = (page: string, language: string) =>
  [...read(page).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, text = ""]) => text);

/** Each program of a page continues those before it, or the first program of another page. */
test.each([
  { page: "docs/start.md" },
  { page: "docs/strategies.md" },
  { page: "docs/coming-back.md" },
  { page: "docs/library.md", continues: "docs/start.md" },
  { page: "docs/nats-by-example.md" },
  { page: "docs/messages.md", continues: "docs/start.md", packages: ["zod"] },
  { page: "docs/observability.md", continues: "docs/start.md", packages: ["@opentelemetry"] },
  { page: "docs/subjects.md", continues: "docs/start.md" },
])(
  "the programs of $page compile",
  async ({ page, continues, packages = [] }: { page: string; continues?: string; packages?: string[] }) => {
    const programs = blocks(page, "ts");
    expect(programs.length).toBeGreaterThan(0);
    const before = continues === undefined ? [] : blocks(continues, "ts").slice(0, 1);
    using folder = project(packages);
    await compile(folder.path, [...before, ...programs].join("\n"));
  },
);

test("docs/start.md begins with the program of the README", () => {
  const [first] = blocks("README.md", "ts");
  expect(blocks("docs/start.md", "ts")[0]).toBe(first);
});

test("the programs of docs/nats-by-example.md print what their comments promise", async () => {
  const text = blocks("docs/nats-by-example.md", "ts").join("\n");
  const promised = [...text.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, output]) => output);
  expect(promised).toHaveLength(6);
  await using server = await startTestServer();
  using folder = project();
  const program = text.replace("127.0.0.1:4222", server.url.replace("nats://", "")).replaceAll(/json<.*?>\(/g, "json(");
  writeFileSync(join(folder.path, "example.mjs"), program);
  await using example = run(process.execPath, [join(folder.path, "example.mjs")], server.url);
  expect(await example.ended).toEqual({ code: 0, output: `${promised.join("\n")}\n` });
});

test("the service of the tutorial answers, and survives its crash test", { timeout: 90_000 }, async () => {
  const [service = "", order = "", crash = ""] = blocks("docs/tutorial-service.md", "js");
  using folder = project(["vitest"]);
  writeFileSync(join(folder.path, "service.js"), service);
  writeFileSync(join(folder.path, "order.js"), order);
  writeFileSync(join(folder.path, "crash.test.js"), crash);
  await using server = await startTestServer();
  const nc = await openConnection({ servers: server.url });
  await setup(nc, { maxDeliver: 5 });
  await nc.close();
  await using running = run(process.execPath, [join(folder.path, "service.js")], server.url);
  const env = { ...process.env, NATS_URL: server.url };
  const here = { cwd: folder.path, env };
  await running.says("ready");
  expect((await promisify(execFile)(process.execPath, ["order.js", "order-cake"], here)).stdout).toMatch(/ok cake/);
  expect((await promisify(execFile)(process.execPath, ["order.js"], here)).stdout).toContain("ok tea for alice");
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const tested = await promisify(execFile)(process.execPath, [vitest, "run"], here).catch((error) => error);
  expect(tested.stdout).toMatch(/1 passed/);
});

test("the scenario of the laboratory's tutorial holds, and its change does not", { timeout: 60_000 }, async () => {
  const [text = "", another = ""] = blocks("docs/tutorial-lab.md", "yaml");
  expect((await runScenario(text)).result.verdict).toBe("held");
  const changed = text.replace("after-effect", "after-reply");
  expect((await runScenario(changed)).result.verdict).toBe("violated");
  expect(another.trim().split("\n").length).toBeLessThanOrEqual(15);
  expect((await runScenario(another)).result.verdict).toBe("held");
});

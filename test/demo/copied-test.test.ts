// The copied vitest test of a session: in a project with the kit installed, it runs as it is and passes.
import { spawn } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { launchChromium, noChromium } from "../support/browser.js";
import { endWithTheFile } from "../support/children.js";
import { folderOfFile } from "../support/folder.js";
import { on, openPage, startDemo } from "./start.js";

const kit = fileURLToPath(new URL("../..", import.meta.url));
const root = folderOfFile("copied-test");

test.skipIf(noChromium())(
  "the copied test passes in a project with the kit and vitest",
  { timeout: 90_000 },
  async () => {
    await using demo = await startDemo();
    const browser = await launchChromium();
    try {
      await using open = await openPage(browser, demo.url);
      const { order, start, says } = on(open.page);
      await order("order-sandwich");
      await start("bob");
      await says("order-1", "received");
    } finally {
      await browser.close();
    }
    const copied = await (await fetch(new URL("demo.test.ts", demo.url))).text();
    expect(copied).toContain("order-1: ok 🥪");

    mkdirSync(join(root, "node_modules"), { recursive: true });
    symlinkSync(kit, join(root, "node_modules/jetstream-request-reply-kit"));
    symlinkSync(join(kit, "node_modules/vitest"), join(root, "node_modules/vitest"));
    writeFileSync(join(root, "package.json"), '{ "type": "module" }');
    writeFileSync(join(root, "demo.test.ts"), copied);
    const vitest = spawn(process.execPath, [join(kit, "node_modules/vitest/vitest.mjs"), "run", "--root", root], {
      env: { ...process.env, CI: "1" },
    });
    endWithTheFile(vitest);
    const [stdout, stderr] = await Promise.all([text(vitest.stdout), text(vitest.stderr)]);
    expect(`${stdout}\n${stderr}`).toMatch(/1 passed/);
  },
);

// docs/your-service.md: its file is the one in examples/, and its command holds with the examples of responders.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { wireCrashPoints } from "../internal/scenario.js";
import { jsrr } from "../support/cli.js";
import { exampleFile, python, withoutNatsPy } from "./example.js";
import { read } from "./page.js";

const page = read("docs/your-service.md");
const file = exampleFile("own-responder-killed.yaml");
const noPython = withoutNatsPy();

const killed = (command: string, ...more: string[]) =>
  jsrr(["scenario", file, "--actor", `bob=${command}`, "--quiet", ...more]);

test("the page shows the example's file", () => {
  expect(/```yaml\n(.*?)```/s.exec(page)?.[1]).toBe(readFileSync(file, "utf8"));
});

test("the page has each crash point of an external responder", () => {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| when /gm)].map(([, point]) => point);
  expect(rows).toEqual(wireCrashPoints);
});

test("a responder in JavaScript is killed before its ack, and the scenario holds", async () => {
  const { code, stdout } = await killed(`${process.execPath} ${exampleFile("responder-nats-v2.mjs")}`);
  expect([code, stdout]).toEqual([0, expect.stringContaining("✔ held")]);
});

test.skipIf(noPython)(
  "a responder in Python is killed at each crash point, and the scenario holds",
  async () => {
    for (const point of wireCrashPoints) {
      const { code, stdout } = await killed(
        `${python} ${exampleFile("responder.py")}`,
        "--set",
        `responders.bob.crash=${point}`,
      );
      expect([point, code, stdout]).toEqual([point, 0, expect.stringContaining("✔ held")]);
    }
  },
  120_000,
);

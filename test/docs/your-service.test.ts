// docs/your-service.md: its file is the one in examples/, and its command holds with the examples of responders.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runScenario } from "../../src/testing/index.js";
import { wireCrashPoints } from "../internal/scenario.js";
import { jsrr } from "../support/cli.js";
import { exampleFile, goProgram, python, withoutGo, withoutNatsPy } from "./example.js";
import { read } from "./page.js";

const page = read("docs/your-service.md");
const killed = exampleFile("own-responder-killed.yaml");
const cutOff = exampleFile("own-responder-cut-off.yaml");
const noPython = withoutNatsPy();

const fromCommandLine = (file: string, command: readonly string[], ...more: string[]) =>
  jsrr(["scenario", file, "--actor", `bob=${command.map((word) => `'${word}'`).join(" ")}`, "--quiet", ...more]);

test("the page shows the example's file", () => {
  expect(/```yaml\n(.*?)```/s.exec(page)?.[1]).toBe(readFileSync(killed, "utf8"));
});

test("the page has each crash point of an external responder", () => {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| when /gm)].map(([, point]) => point);
  expect(rows).toEqual(wireCrashPoints);
});

/** Services that know nothing of the kit, each with the reason why it cannot run here. */
const services = {
  Python: { missing: noPython, command: () => [python, exampleFile("responder.py")] },
  Go: { missing: withoutGo(), command: () => [goProgram("responder")] },
  JavaScript: { missing: undefined, command: () => [process.execPath, exampleFile("responder-nats-v2.mjs")] },
};

describe.each(Object.entries(services))("a responder in %s", (_, { missing, command }) => {
  test.skipIf(missing)(
    "is killed at each crash point, frozen and cut off from the command line, and the scenarios hold",
    async () => {
      for (const point of wireCrashPoints) {
        const { code, stdout } = await fromCommandLine(killed, command(), "--set", `responders.bob.crash=${point}`);
        expect([point, code, stdout]).toEqual([point, 0, expect.stringContaining("✔ held")]);
      }
      const { code, stdout } = await fromCommandLine(cutOff, command());
      expect([code, stdout]).toEqual([0, expect.stringContaining("✔ held")]);
    },
    120_000,
  );

  test.skipIf(missing)(
    "is killed, frozen and cut off in a test, and the scenarios hold",
    async () => {
      for (const file of [killed, cutOff]) {
        const { result } = await runScenario(file, { actors: { bob: { command: command() } } });
        expect([file, result.verdict, result.reason]).toEqual([file, "held", undefined]);
      }
    },
    120_000,
  );
});

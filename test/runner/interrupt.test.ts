// Whatever ends the runner, and whenever: no process and no temporary folder stays.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sweepRunFolders } from "../internal/server.js";
import { jsrr, startJsrr } from "../support/cli.js";
import { folderOfFile } from "../support/folder.js";
import { soon } from "../support/harness.js";
import { privateTemp } from "../support/leftovers.js";

const folder = folderOfFile("interrupt");

/** It is still under way whenever it is looked at, however busy the machine is. */
const lingering = join(folder, "lingering.yaml");
writeFileSync(
  lingering,
  `scenario: lingering
question: Does it end?
answer: Not by itself.
requesters:
  alice: { timeout: 300ms }
responders:
  bob: { online: false }
timeline:
  - request: { from: alice, order: order-sandwich, as: lunch }
  - expect: { lunch: timed-out }
    after: lunch.timed-out
  - start: bob
  - wait: 10m
`,
);

const moments = [
  ["as it starts", /runs lingering/],
  ["while the requester starts", /alice +starts/],
  ["while a request waits", /stores lunch/],
  ["after the time-out", /times out on lunch/],
] as const;

/** One handler serves all of them: each signal, and each moment, is tried once at least. */
const signals = [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
  ["SIGINT", 130],
] as const;

describe.concurrent("a run that is asked to end", () => {
  test.each(signals.map((signal, at) => [...signal, ...(moments[at] as (typeof moments)[number])] as const))(
    "by %s (exit %d) %s releases everything",
    async (signal, exit, _, moment) => {
      using temp = privateTemp();
      await using run = startJsrr(["scenario", lingering], { env: { TMPDIR: temp.path } });
      await run.says(moment);
      expect(temp.processes().length).toBeGreaterThan(0);
      run.signal(signal);
      const { code, stderr } = await run.ended;
      expect([code, stderr]).toEqual([exit, `Interrupted by ${signal}; everything was released.\n`]);
      expect([temp.processes(), temp.entries()]).toEqual([[], []]);
    },
  );
});

/** A run that is killed at this moment. */
async function killed(tmp: string, moment: RegExp): Promise<void> {
  await using run = startJsrr(["scenario", lingering], { env: { TMPDIR: tmp } });
  await run.says(moment);
  run.signal("SIGKILL");
  await run.ended;
}

describe.concurrent("SIGKILL", () => {
  const others = moments.filter(([moment]) => moment !== "while a request waits");
  test.for([...others, ["as the responder replies", /replies ok/] as const])(
    "%s leaves files that a sweep removes",
    async ([, moment], { expect }) => {
      using temp = privateTemp();
      await killed(temp.path, moment);
      sweepRunFolders(temp.path);
      // Killed actors end when they have seen that their runner is gone.
      await expect.poll(() => [temp.processes(), temp.entries()], soon).toEqual([[], []]);
    },
  );

  test("is swept by the next run", async () => {
    using temp = privateTemp();
    await killed(temp.path, /stores lunch/);
    expect(temp.entries()).not.toEqual([]);
    const env = { TMPDIR: temp.path };
    expect((await jsrr(["scenario", "no-responders", "--quiet"], { env })).code).toBe(0);
    expect([temp.processes(), temp.entries()]).toEqual([[], []]);
  });
});

test("a server that dies ends its run with exit 3 and one sentence, and leaves nothing", async () => {
  using temp = privateTemp();
  await using run = startJsrr(["scenario", lingering], { env: { TMPDIR: temp.path } });
  await run.says(/stores lunch/);
  const server = temp.processes().find((line) => /nats-server .*-c/.test(line));
  process.kill(Number.parseInt(server ?? "", 10), "SIGKILL");
  const { code, stderr } = await run.ended;
  expect([code, stderr]).toEqual([3, "nats-server ended by itself (SIGKILL).\n"]);
  expect([temp.processes(), temp.entries()]).toEqual([[], []]);
});

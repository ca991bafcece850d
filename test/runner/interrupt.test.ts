// Whatever ends the runner, and whenever: no process and no temporary folder stays.
import { describe, expect, test } from "vitest";
import { jsrr, startJsrr } from "../support/cli.js";
import { privateTemp } from "../support/leftovers.js";

const moments = [
  ["as it starts", /runs offline-responder/],
  ["while the requester starts", /alice +starts/],
  ["while a request waits", /stores lunch/],
  ["after the time-out", /gives up on lunch/],
] as const;

describe.concurrent("SIGINT", () => {
  test.each(moments)("%s: everything is released, exit 130", async (_, moment) => {
    using temp = privateTemp();
    await using run = startJsrr(["scenario", "offline-responder"], { env: { TMPDIR: temp.path } });
    await run.says(moment);
    expect(temp.processes().length).toBeGreaterThan(0);
    run.signal("SIGINT");
    const { code, stderr } = await run.ended;
    expect([code, stderr]).toEqual([130, "Interrupted by SIGINT; everything was released.\n"]);
    expect(temp.processes()).toEqual([]);
    expect(temp.entries()).toEqual([]);
  });
});

test.each(["SIGTERM", "SIGHUP"] as const)("%s releases everything, too", async (signal) => {
  using temp = privateTemp();
  await using run = startJsrr(["scenario", "offline-responder"], { env: { TMPDIR: temp.path } });
  await run.says(/stores lunch/);
  run.signal(signal);
  expect((await run.ended).stderr).toBe(`Interrupted by ${signal}; everything was released.\n`);
  expect([temp.processes(), temp.entries()]).toEqual([[], []]);
});

describe.concurrent("SIGKILL", () => {
  test.each([...moments, ["as the responder replies", /replies ok/] as const])(
    "%s: the next start sweeps away what is left",
    async (_, moment) => {
      using temp = privateTemp();
      const env = { TMPDIR: temp.path };
      await using run = startJsrr(["scenario", "offline-responder"], { env });
      await run.says(moment);
      run.signal("SIGKILL");
      await run.ended;
      expect((await jsrr(["scenario", "no-responders", "--quiet"], { env })).code).toBe(0);
      expect(temp.processes()).toEqual([]);
      expect(temp.entries()).toEqual([]);
    },
  );
});

test("a server that dies under the run ends it: exit 3, one sentence, nothing left", async () => {
  using temp = privateTemp();
  await using run = startJsrr(["scenario", "requester-gone"], { env: { TMPDIR: temp.path } });
  await run.says(/stores lunch/);
  const server = temp.processes().find((line) => /nats-server .*-c/.test(line));
  process.kill(Number.parseInt(server ?? "", 10), "SIGKILL");
  const { code, stderr } = await run.ended;
  expect([code, stderr]).toEqual([3, "nats-server ended by itself (SIGKILL).\n"]);
  expect([temp.processes(), temp.entries()]).toEqual([[], []]);
});

// Reply strategies by hand: setting up their streams, asking, and coming back with the handle.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jsrrHere, startJsrr } from "../support/cli.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const run = (...args: string[]) => jsrrHere(args, { env: { NATS_URL: server.url } });

test("a missing stream of a strategy is reported with a command that creates it, and a second time changes nothing", async () => {
  await run("setup");
  const early = await run("request", "order-bagel", "--reply", "kv");
  expect([early.code, early.stderr]).toEqual([
    3,
    "There is no bucket for replies; run `jsrr setup --strategies kv` first.\n",
  ]);
  const setup = await run("setup", "--strategies", "shared,kv", "--json");
  expect(JSON.parse(setup.stdout).created).toEqual(["stream KV_REPLIES_KV", "stream SHARED_REPLIES"]);
  const other = await run("setup", "--max-deliver", "3");
  expect({ code: other.code, stdout: other.stdout }).toEqual({ code: 3, stdout: "" });
  expect(other.stderr).toMatch(
    /max-attempts: unlimited, wanted 3\nWith --update only the options that are given change/,
  );
  const again = await run("setup", "--strategies", "kv,shared", "--json");
  expect(JSON.parse(again.stdout)).toMatchObject({ created: [], updated: [] });
});

describe("a request that times out", () => {
  test("with kv has a handle that finds the reply later", async () => {
    const { code, stderr } = await run("request", "order-bagel", "--reply", "kv", "--timeout", "200ms");
    const [, handle] = /\n {2}jsrr collect (\S+\.kv)\n$/.exec(stderr) ?? [];
    expect([code, handle]).toEqual([1, expect.stringMatching(/^requester\..*\.REQUESTS\.\d+\.kv$/)]);
    await using bob = startJsrr(["respond"], { env: { NATS_URL: server.url } });
    expect(await run("collect", handle as string, "--timeout", "20s")).toMatchObject({ code: 0, stdout: "🥯\n" });
    expect((await run("status", handle as string)).stdout).toMatch(/^replied \(ok\): KV_REPLIES_KV holds its reply/);
    bob.signal("SIGINT");
    await bob.ended;
  });

  test.each([
    ["trial", /^This request is gone: message \d+ was queued, and was deleted .*\.\nNo responder will answer it\.$/m],
    ["shared", /where no later requester reads it; --reply mailbox would keep it\.$/m],
    ["inbox", /an inbox that has no subscription any more; --reply mailbox would keep it\.$/m],
  ])("with %s prints what happens to the request", async (reply, words) => {
    const { code, stderr } = await run("request", "order-bagel", "--reply", reply, "--timeout", "200ms");
    expect([code, stderr]).toEqual([1, expect.stringMatching(words)]);
  });
});

// A scenario on somebody's server: what was there stays, what the run brought goes.
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeEach, expect, it } from "vitest";
import { setup } from "../../src/index.js";
import { jsrr, jsrrHere } from "../support/cli.js";
import { startTestServer } from "../support/server.js";

const server = await startTestServer();
afterAll(() => server[Symbol.asyncDispose]());
const nc = await server.connect();
const jsm = await jetstreamManager(nc);

beforeEach(async () => {
  for await (const name of jsm.streams.names()) {
    // On a busy disk a stream that is made anew at once has the old one's messages again (nats-server 2.14.0).
    await jsm.streams.purge(name);
    await jsm.streams.delete(name);
  }
});

const words = (...more: string[]) => ["scenario", "offline-responder", "--server", server.url, ...more];
const scenario = (...more: string[]) => jsrrHere(words(...more));

async function holds(): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for await (const { config, state } of jsm.streams.list()) found[config.name] = state.messages;
  return found;
}

it("streams created for the run are removed, and others stay", async () => {
  await jsm.streams.add({ name: "THEIRS", subjects: ["theirs"] });
  await nc.request("theirs");
  const { code, stdout, stderr } = await jsrr(words("--json"));
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({ verdict: "held", server: { origin: "given URL" } });
  expect(await holds()).toEqual({ THEIRS: 1 });
});

it("empty streams that were there remain, empty", async () => {
  await setup(nc);
  expect((await scenario("--quiet")).code).toBe(0);
  expect(await holds()).toEqual({ REQUESTS: 0, REPLIES: 0, DEAD_LETTERS: 0 });
});

it("streams that hold something are refused and untouched", async () => {
  await setup(nc);
  await nc.request("requests.order-sandwich");
  const { code, stdout, stderr } = await scenario("--json");
  expect([code, JSON.parse(stdout).error.name]).toEqual([3, "ConfigurationDiffersError"]);
  expect(stderr).toMatch(
    /REQUESTS holds 1 message, and a scenario begins with empty streams: purge it, or run without/,
  );
  expect(await holds()).toEqual({ REQUESTS: 1, REPLIES: 0, DEAD_LETTERS: 0 });
});

it("streams that differ are refused and untouched", async () => {
  await jsm.streams.add({ name: "REQUESTS", subjects: ["requests.*"] });
  const { code, stderr } = await scenario();
  expect(code).toBe(3);
  expect(stderr).toContain("stream REQUESTS: retention: limits, wanted workqueue");
  expect(stderr).toContain("Say the same in the scenario's `setup` (or with --set), or run without");
  expect(await holds()).toEqual({ REQUESTS: 0 });
});

// A run on a server that lets it do only some things: what could not be done is named, and no verdict is lost.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { requireMachine } from "../internal/runner.js";
import { jsrrHere } from "../support/cli.js";
import { folderOfFile } from "../support/folder.js";
import { aliceAndBob, scenarioOf } from "../support/scenario.js";
import { startTestServer } from "../support/server.js";

const server = await startTestServer({
  config: `
    accounts {
      A { jetstream: enabled, users: [ { user: a, password: p, permissions: { publish: { deny: ["requests.>"] } } } ] }
      B { jetstream: enabled, users: [ { user: b, password: p, permissions: { publish: { deny: ["$JS.API.STREAM.DELETE.>"] } } } ] }
      C { users: [ { user: c, password: p } ] }
    }`,
});
const folder = folderOfFile("scenarios");
afterAll(() => server[Symbol.asyncDispose]());

const run = (user: string, ...args: string[]) =>
  jsrrHere(["scenario", ...args], { env: { NATS_URL: server.url.replace("//", `//${user}:p@`) } });

test("a request that may not be published ends the run at once, with the reason", async () => {
  const { code, stderr } = await run("a", "offline-responder", "--quiet");
  expect([code, stderr]).toEqual([
    3,
    expect.stringMatching(/^The request lunch failed: The account may not publish to requests\.order-sandwich; .*\n$/),
  ]);
});

test("streams that may not be removed are named, and the verdict stays", async () => {
  const { code, stdout, stderr } = await run("b", "offline-responder", "--json");
  expect([code, JSON.parse(stdout).verdict]).toEqual([0, "held"]);
  expect(stderr).toMatch(/^REQUESTS, REPLIES, DEAD_LETTERS could not be removed from the server: /);
});

test("a scenario without streams needs no JetStream", async () => {
  expect(await run("c", "core-request-reply", "--quiet")).toMatchObject({ code: 0, stderr: "" });
});

test("a scenario that needs a cluster is refused on a single server with the reason", async () => {
  const file = join(folder, "cluster.yaml");
  writeFileSync(file, aliceAndBob("  - wait: 1ms", { more: "requires: { nodes: 3 }" }));
  const { code, stderr } = await run("b", file, "--quiet");
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/^test was not run: it needs a cluster of 3 nodes, and the server at .* knows of 1\.\n$/),
  ]);
});

test("a scenario that needs root is refused for another user with the reason", async () => {
  const scenario = scenarioOf(aliceAndBob("  - wait: 1ms", { more: "requires: { root: true }" }));
  expect(() => requireMachine(scenario, 1000)).toThrow("test was not run: it needs root, and this is user 1000.");
  expect(() => requireMachine(scenario, 0)).not.toThrow();
});

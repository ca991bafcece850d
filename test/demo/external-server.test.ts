// The demo with a server that runs already, and beside one that is meant for other commands.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { setup } from "../../src/index.js";
import { jsrrHere, startJsrr } from "../support/cli.js";
import { startTestServer } from "../support/server.js";

const server = await startTestServer({
  config: `authorization { users: [
    { user: lab, password: secret }
    { user: blind, password: secret, permissions: { publish: { deny: "$JS.API.STREAM.INFO.>" } } }
  ] }`,
});
const home = mkdtempSync(join(tmpdir(), "test-demo-"));
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(home, { recursive: true });
});
mkdirSync(join(home, "nats", "context"), { recursive: true });
writeFileSync(join(home, "nats", "context", "shop.json"), JSON.stringify({ url: server.url }));

const websocket = "ws://127.0.0.1:1";
const demo = (...words: string[]) => jsrrHere(["demo", "--port", "0", ...words], { env: { XDG_CONFIG_HOME: home } });

test.each([["NATS_URL"], ["NATS_CONTEXT"]])("%s alone does not keep the demo from its own server", async (name) => {
  const value = name === "NATS_URL" ? server.url : "shop";
  await using process = startJsrr(["demo", "--json"], { env: { XDG_CONFIG_HOME: home, [name]: value } });
  const [text] = await process.says(/\{[^}]*"url"[^}]*\}/);
  const connection = await fetch(new URL("connection", JSON.parse(text).url));
  expect(await connection.json()).toMatchObject({ user: "alice", pass: expect.any(String) });
});

test.each([[["--server", server.url]], [["--context", "shop"]], [["--websocket", websocket]]])(
  "%s without the other address is refused",
  async (words) => {
    const { code, stdout, stderr } = await demo(...words);
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(stderr).toMatch(/^Expected --server and --websocket together: /);
  },
);

test("a stream that is missing and one that the user may not read are different errors", async () => {
  const at = ["--server", server.url, "--websocket", websocket, "--password", "secret", "--json"];
  const nameOf = async (user: string) => JSON.parse((await demo(...at, "--user", user)).stdout).error.name;
  expect(await nameOf("lab")).toBe("NotSetUpError");
  await setup(await server.connect({ user: "lab", pass: "secret" }), { storage: "memory" });
  expect(await nameOf("blind")).toBe("NotPermittedError");
});

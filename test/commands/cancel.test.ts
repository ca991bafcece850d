// `jsrr cancel` and `jsrr request --on-timeout`: what they print, and what the shell gets.
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeEach, expect, it } from "vitest";
import { formatHandle } from "../../src/requester/handle.js";
import { Requester } from "../../src/requester/requester.js";
import type { RequestTimedOut } from "../../src/requester/timed-out.js";
import type { OrderRequest } from "../../src/responder/menu.js";
import { Responder } from "../../src/responder/responder.js";
import { applySetup } from "../../src/stream-setup/apply.js";
import { planSetup } from "../../src/stream-setup/plan.js";
import { jsrr } from "../support/cli.js";
import { jsrrHere } from "../support/command-line.js";
import { startTestServer } from "../support/server.js";

const server = await startTestServer();
afterAll(() => server[Symbol.asyncDispose]());
const nc = await server.connect();
const jsm = await jetstreamManager(nc);
const env = { NATS_URL: server.url };
const run = (...args: string[]) => jsrrHere(args, { env });

beforeEach(async () => {
  for await (const name of jsm.streams.names()) await jsm.streams.delete(name);
  await applySetup(jsm, planSetup({ storage: "memory" }));
});

async function givenUp(): Promise<string> {
  await using alice = await Requester.open(nc, { name: "alice", timeoutMs: 50 });
  return await alice.request("order-bagel").then(
    () => expect.fail("it was answered"),
    (error: RequestTimedOut) => formatHandle(error.handle),
  );
}

it("removed: ends with 0; the second time it is answered already, with that ending", async () => {
  const handle = await givenUp();
  expect(await jsrr(["cancel", handle], { env })).toEqual({
    code: 0,
    stderr: "",
    stdout: "removed: message 1 was deleted from REQUESTS, and the consumer had delivered up to 0\n",
  });
  const again = await run("cancel", handle, "--json");
  expect(again.code).toBe(1);
  expect(JSON.parse(again.stdout)).toMatchObject({ outcome: "already-answered", ending: "cancelled" });
  const status = await run("status", handle);
  expect(status.stdout).toMatch(/^ended \(cancelled\): REPLIES holds its reply \(cancelled\) as message 1/);
});

it("already running: ends with 1, and says how it is known", async () => {
  const handle = await givenUp();
  const stopping = ({ signal }: OrderRequest) =>
    new Promise<string>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  await using _bob = await Responder.start(nc, { name: "bob", menu: { "order-bagel": stopping } });
  await expect
    .poll(async () => (await run("status", handle)).stdout, { timeout: 20_000 })
    .toMatch(/^running: /);
  const { code, stdout, stderr } = await run("cancel", handle);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(
    /^already-running: message 1 is in REQUESTS, delivered to a responder and not yet ack/,
  );
  const collected = await run("collect", handle, "--timeout", "10s");
  expect(collected.stderr).toBe("cancelled: the requester cancelled it\n");
});

it("request --on-timeout cancel: nothing stays queued", async () => {
  const args = ["request", "order-bagel", "--timeout", "100ms", "--on-timeout"];
  const { code, stderr } = await run(...args, "cancel");
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^No reply within 1\d\d ms\. The request is removed: message 1 was deleted from REQ.*\.\n$/,
  );
  const expired = await run(...args, "expire", "--json");
  expect(JSON.parse(expired.stdout)).toMatchObject({ ending: "timed-out", outcome: "removed" });
  expect((await jsm.streams.info("REQUESTS")).state.messages).toBe(0);
  const wrong = await run(...args, "drop");
  expect(wrong.code).toBe(4);
  expect(wrong.stderr).toMatch(/Expected --on-timeout to be keep or cancel or expire, got "drop"/);
});

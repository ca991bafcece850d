// `jsrr cancel` and `jsrr request --on-timeout`: what they print, and what the shell gets.
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeEach, expect, it } from "vitest";
import {
  formatHandle,
  type HandlerRequest,
  Requester,
  type RequestTimeoutError,
  Responder,
  setup,
} from "../../src/index.js";
import { jsrr, jsrrHere } from "../support/cli.js";
import { startTestServer } from "../support/server.js";
import { serverIs } from "../support/server-version.js";

const server = await startTestServer();
afterAll(() => server[Symbol.asyncDispose]());
const nc = await server.connect();
const jsm = await jetstreamManager(nc);
const env = { NATS_URL: server.url };
const run = (...args: string[]) => jsrrHere(args, { env });

beforeEach(async () => {
  for await (const name of jsm.streams.names()) await jsm.streams.delete(name);
  await setup(nc, { storage: "memory" });
});

async function givenUp(): Promise<string> {
  await using alice = await Requester.open(nc, { name: "alice", timeoutMs: 50 });
  return await alice.request("order-bagel").then(
    () => expect.fail("it was answered"),
    (error: RequestTimeoutError) => formatHandle(error.handle),
  );
}

it("jsrr cancel ends with 0 for a removed request, and reports its status the second time", async () => {
  const handle = await givenUp();
  expect(await jsrr(["cancel", handle], { env })).toEqual({
    code: 0,
    stderr: "",
    stdout: "removed: message 1 was deleted from REQUESTS, and the consumer had delivered up to 0\n",
  });
  const again = await run("cancel", handle, "--json");
  expect(again.code).toBe(1);
  expect(JSON.parse(again.stdout)).toMatchObject({ outcome: "already-answered", status: "cancelled" });
  const status = await run("status", handle);
  expect(status.stdout).toMatch(/^ended \(cancelled\): REPLIES holds its reply \(cancelled\) as message 1/);
});

it("jsrr cancel ends with 1 for a running request, and prints the evidence", async () => {
  const handle = await givenUp();
  const stopping = ({ signal }: HandlerRequest) =>
    new Promise<string>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  await using _bob = await Responder.start(nc, { name: "bob", handlers: { "order-bagel": stopping } });
  await expect.poll(async () => (await run("status", handle)).stdout, { timeout: 20_000 }).toMatch(/^running: /);
  const { code, stdout, stderr } = await run("cancel", handle);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^already-running: message 1 is in REQUESTS, delivered to a responder and not yet ack/);
  const collected = await run("collect", handle, "--timeout", "10s");
  expect(collected.stderr).toBe("cancelled: the requester cancelled it\n");
});

it("jsrr request --on-timeout cancel leaves no request queued", async () => {
  const args = ["request", "order-bagel", "--timeout", "100ms", "--on-timeout"];
  const { code, stderr } = await run(...args, "cancel");
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^(?:stored as requester\.\w+\.REQUESTS\.1; Ctrl-C leaves it queued\n)?No reply within \d+ ms\. The request is removed: message 1 was deleted from REQ.*\.\n$/,
  );
  const expired = await run(...args, "expire", "--json");
  if (serverIs("2.11.0")) {
    expect(JSON.parse(expired.stdout)).toMatchObject({ status: "timed-out", outcome: "removed" });
  } else {
    expect(expired.stderr).toMatch(/^onTimeout: "expire" needs nats-server 2\.11\.0 or newer .*; this one is 2\./);
  }
  expect((await jsm.streams.info("REQUESTS")).state.messages).toBe(0);
  const wrong = await run(...args, "drop");
  expect(wrong.code).toBe(4);
  expect(wrong.stderr).toMatch(/Expected --on-timeout to be keep or cancel or expire, got "drop"/);
});

it("jsrr status and cancel report a stuck request, and leave it in the queue", async () => {
  await jsm.consumers.update("REQUESTS", "responder", { max_deliver: 1 });
  const handle = await givenUp();
  const consumer = await jetstream(nc).consumers.get("REQUESTS", "responder");
  (await consumer.next({ expires: 10_000 }))?.nak();
  // At the pull after the last delivery the server finds that there is none left.
  await consumer.next({ expires: 1_000 });
  const [status, json, cancel] = await Promise.all([
    run("status", handle),
    run("status", handle, "--json"),
    run("cancel", handle),
  ]);
  const evidence = "message 1 is in REQUESTS, was delivered as often as max_deliver allowed (1), and";
  expect(status.stdout).toMatch(`stuck: ${evidence} the server will not deliver it again`);
  expect(JSON.parse(json.stdout)).toMatchObject({ whereabouts: "stuck", remaining: 1 });
  expect(cancel).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining(`stuck: ${evidence}`) });
  expect((await jsm.streams.info("REQUESTS")).state.messages).toBe(1);
});

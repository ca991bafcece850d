// A responder by hand that fails and takes its time on purpose: redeliveries and dead letters as a person sees them.
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Responder, setup } from "../../src/index.js";
import { orderHandlers } from "../internal/runner.js";
import { jsrrHere, startJsrr } from "../support/cli.js";
import { soon } from "../support/harness.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let jsm: JetStreamManager;
let env: Record<string, string>;
beforeAll(async () => {
  server = await startTestServer();
  env = { NATS_URL: server.url };
  const nc = await server.connect();
  jsm = await jetstreamManager(nc);
  await setup(nc, { storage: "memory", maxDeliver: 2 });
});
afterAll(() => server?.[Symbol.asyncDispose]());

test("jsrr respond --fails always NAKs a request until it is a dead letter", async () => {
  await using responder = startJsrr(["respond", "--fails", "always"], { env });
  await responder.says(/takes requests/);
  const told = await jsrrHere(["request", "order-bagel", "--id", "lunch"], { env });
  const noted = "stored as requester.lunch.REQUESTS.1; Ctrl-C leaves it queued\n";
  expect(told).toEqual({ code: 1, stdout: "", stderr: `${noted}dead-lettered: attempt 2 failed\n` });
  responder.signal("SIGTERM");
  const { code, stdout } = await responder.ended;
  const lines = [
    "lunch  requests.order-bagel, message 1",
    "lunch  nak: attempt 1 failed",
    "lunch  requests.order-bagel, message 1, delivery 2",
    "lunch  dead letter: message 1 of DEAD_LETTERS: attempt 2 failed",
    "lunch  dead-lettered attempt 2 failed, stored as message 1 of REPLIES",
    "lunch  terminated: dead-lettered: attempt 2 failed",
    "drained",
  ];
  expect({ code, lines: stdout.trimEnd().split("\n") }).toEqual({ code: 0, lines });
});

test("Ctrl-C NAKs prefetched requests, and a second Ctrl-C also running ones", async () => {
  const flags = ["--work", "10m", "--concurrency", "1", "--prefetch", "3"];
  await using responder = startJsrr(["respond", ...flags], { env });
  await responder.says(/takes requests/);
  const ids = ["a", "b", "c"];
  // Less than ack_wait, after which the server would deliver it again by itself.
  const asked = ids.map((id) => jsrrHere(["request", "order-bagel", "--id", id, "--timeout", "25s"], { env }));
  const inHand = async () => (await jsm.consumers.info("REQUESTS", "responder")).num_ack_pending;
  await expect.poll(inHand, soon).toBe(3);
  responder.signal("SIGINT");
  await responder.says(/Ctrl-C again ends it at once/);
  await responder.says(/nak: draining[\s\S]*nak: draining/);
  responder.signal("SIGINT");
  const { code, stdout } = await responder.ended;
  expect(code).toBe(130);
  expect(stdout).toMatch(/nak: still at work when the time to drain was over\ndrained\n$/);
  await using _carol = await Responder.start(await server.connect(), { name: "carol", handlers: orderHandlers });
  for (const told of await Promise.all(asked)) expect(told).toMatchObject({ code: 0, stdout: "🥯\n" });
});

test("a prefetch below the concurrency is refused in one sentence", async () => {
  const { code, stderr } = await jsrrHere(["respond", "--concurrency", "4", "--prefetch", "2"], { env });
  expect(code).toBe(4);
  expect(stderr).toBe("Expected the prefetch to be at least the concurrency, 4, got 2: lower the concurrency, too.\n");
});

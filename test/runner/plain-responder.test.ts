// The responder that scenarios compare with: what it terminates leaves the queue, on a server that knows no reasons, too.
import { expect, test } from "vitest";
import { runPlainResponder } from "../internal/runner.js";
import { harnessOn, soon } from "../support/harness.js";
import { startTestServer } from "../support/server.js";

test("the plain responder terminates an order without a handler", async () => {
  await using server = await startTestServer();
  await using w = await harnessOn(server);
  await w.nc.request("requests.order-soup", "");
  const bob = await runPlainResponder(w.nc, { handlers: {}, acks: true, observe: w.observe });
  expect(await w.saw("terminated")).toMatchObject({ reason: "no such order: order-soup" });
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  await bob.stop();
});

// The service's integration test: a real nats-server, nothing mocked, and nothing to start first.
import { expect, test } from "jetstream-request-reply-kit/testing/vitest";
import { onTestFinished } from "vitest";
import { startOrderService } from "./order-service.js";

async function start(lab, options) {
  const service = await startOrderService({ servers: lab.url, stock: { sandwich: 1 }, ...options });
  onTestFinished(() => service.stop());
}

test("sells what is in stock, and no more", async ({ lab, requester }) => {
  await start(lab);
  const alice = await requester();
  await expect(alice.request("order-sandwich")).toEndWith("ok", "🥪");
  await expect(alice.request("order-sandwich")).toEndWith("error", "sold out");
  await expect(lab).toHaveRemaining(0);
});

test("a customer who did not wait finds the sandwich later", async ({ lab, requester }) => {
  const alice = await requester({ timeoutMs: 100 });
  const timedOut = await alice.request("order-sandwich").catch((error) => error);
  await expect(lab).toHaveRemaining(1);
  await start(lab);
  await expect(lab).toHaveReplyInMailbox(timedOut.handle);
});

test("an oven that fails once costs time, not the order", async ({ lab, requester }) => {
  let attempts = 0;
  const oven = async () => {
    attempts += 1;
    if (attempts === 1) throw new Error("cold");
  };
  await start(lab, { oven });
  const alice = await requester();
  await expect(alice.request("order-sandwich")).toEndWith("ok", "🥪");
  await expect(alice.request("order-status")).toEndWith("ok", '{"sandwich":0}');
  expect(attempts).toBe(2);
  await expect(lab).toHaveNoStuckMessages();
});

test("what the kit promises of a late responder holds here", async () => {
  await expect("offline-responder").toHoldScenario();
});

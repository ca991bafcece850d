// The same with Node's own test runner: plain functions, no fixtures, no vitest.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startLab } from "jetstream-request-reply-kit/testing";
import { startOrderService } from "./order-service.js";

test("sells what is in stock, and no more", async (t) => {
  const lab = await startLab(); // with TypeScript, or from Node 24 on: await using lab = await startLab()
  t.after(() => lab[Symbol.asyncDispose]());
  const service = await startOrderService({ servers: lab.url, stock: { sandwich: 1 } });
  try {
    const alice = await lab.requester();
    assert.equal((await alice.request("order-sandwich")).text, "🥪");
    const refused = await alice.request("order-sandwich");
    assert.equal(`${refused.status} ${refused.text}`, "error sold out");
  } finally {
    await service.stop();
  }
});

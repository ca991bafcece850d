// The requester of examples/, as a real process, with the kit's responder.
import { expect, test } from "vitest";
import { harnessOn } from "../support/harness.js";
import { startTestServer } from "../support/server.js";
import { node } from "./example.js";

async function harness() {
  const server = await startTestServer();
  const w = await harnessOn(server);
  const dispose = async () => {
    await w[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  };
  const ask = async (...args: string[]) => node("requester-nats-v2.mjs", server.url, ...args).ended;
  return { w, ask, [Symbol.asyncDispose]: dispose };
}

test("the requester prints a reply that is stored while it waits", async () => {
  await using t = await harness();
  await t.w.responder();
  const { code, output } = await t.ask("order-bagel", "20000");
  expect(output).toMatch(/: message 1 in REQUESTS\nok 🥯\n$/);
  expect(code).toBe(0);
  expect((await t.ask("order-soup", "20000")).output).toMatch(/\nrejected no such order: order-soup\n$/);
});

test("the requester without a responder times out, and reads the stored reply with the same id later", async () => {
  await using t = await harness();
  expect((await t.ask("order-bagel", "200", "r1")).output).toBe(
    "r1: message 1 in REQUESTS\nno reply yet: come back for replies.v2.r1\n",
  );
  await t.w.responder();
  await t.w.saw("acked");
  expect((await t.ask("order-bagel", "20000", "r1")).output).toBe("r1: message 1 in REQUESTS, sent before\nok 🥯\n");
  expect(t.w.of("executed")).toHaveLength(1);
});

// Requests found without their handle: by requester and id, by the handle's text, and in the mailbox.
import { afterAll, expect, test } from "vitest";
import { cancel, collect, formatHandle, listReplies, locate } from "../../src/index.js";
import { startHarnesses } from "../support/harness.js";

const harnesses = await startHarnesses();
afterAll(() => harnesses[Symbol.asyncDispose]());

test("requester and id alone find a queued request, cancel it, and collect its reply", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester();
  await alice.send("order-bagel", "", { id: "first" });
  await alice.send("order-bagel", "", { id: "order:42" });
  const key = { requester: "alice", id: "order:42" };
  expect(await locate(w.nc, key)).toMatchObject({ where: "queued", evidence: expect.stringContaining("message 2") });
  expect(await cancel(w.nc, key)).toMatchObject({ outcome: "removed" });
  expect(await w.count("REQUESTS")).toBe(1);
  expect((await collect(w.nc, key))?.status).toBe("cancelled");
});

test("a handle without a sequence finds its request, and cancels it", async () => {
  await using w = await harnesses.next();
  const handle = await (await w.requester()).send("order-bagel");
  expect(await cancel(w.nc, { ...handle, sequence: 0 })).toMatchObject({ outcome: "removed" });
  expect(await w.count("REQUESTS")).toBe(0);
  expect(await w.count("REPLIES")).toBe(1);
});

test("a request of another requester with the same id is neither found nor cancelled", async () => {
  await using w = await harnesses.next();
  await (await w.requester({ name: "zoe" })).send("order-bagel", "", { id: "lunch" });
  const key = { requester: "alice", id: "lunch" };
  expect((await locate(w.nc, key)).where).toBe("unknown");
  expect((await cancel(w.nc, key)).outcome).toBe("unknown");
  expect(await w.count("REQUESTS")).toBe(1);
});

test("the text of a handle is taken in place of the handle", async () => {
  await using w = await harnesses.next();
  const handle = await (await w.requester()).send("order-bagel");
  const text = formatHandle(handle);
  expect((await locate(w.nc, text)).where).toBe("queued");
  await w.responder();
  expect((await collect(w.nc, text, { timeoutMs: 20_000 }))?.text).toBe("🥯");
  expect((await cancel(w.nc, text)).outcome).toBe("already-answered");
  await expect(collect(w.nc, "no handle")).rejects.toThrow(/^Expected a handle such as/);
});

test("listReplies shows what waits in one mailbox, and each handle collects its reply", async () => {
  await using w = await harnesses.next();
  await w.responder();
  const [alice, zoe] = [await w.requester(), await w.requester({ name: "zoe" })];
  await alice.request("order-bagel", "", { id: "one" });
  await zoe.request("order-bagel");
  await alice.request("no-such-order", "", { id: "order:2" });
  const listed = await listReplies(w.nc, { requester: "alice" });
  expect(listed.map(({ handle, status }) => [handle.request, status])).toEqual([
    ["one", "ok"],
    ["order:2", "rejected"],
  ]);
  expect((await collect(w.nc, listed[0]?.handle ?? ""))?.text).toBe("🥯");
  expect(await listReplies(w.nc, { requester: "alice", limit: 1 })).toHaveLength(1);
  expect(await listReplies(w.nc, { requester: "nobody" })).toEqual([]);
});

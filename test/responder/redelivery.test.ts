// Attempts on a real server: long handlers run once, failures that pass come again after a pause.
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HandlerRequest, InvalidInputError, RetryLaterError } from "../../src/index.js";
import { kit } from "../internal/protocol.js";
import { backoff } from "../internal/responder.js";
import { startModule } from "../support/children.js";
import { gate, type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const lasting = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

test.concurrent("a request whose handler is slower than ack_wait is delivered and executed once", async ({
  expect,
}) => {
  await using w = await harnesses.next({ ackWaitMs: 1_000 });
  let signs = 0;
  w.nc.subscribe("$JS.ACK.>", { callback: (_, msg) => void (msg.string() === "+WPI" && signs++) });
  await w.responder({ handlers: { "order-stew": () => lasting(2_500).then(() => "🍲") } });
  const alice = await w.requester();
  expect((await alice.request("order-stew", "", { timeoutMs: 20_000 })).text).toBe("🍲");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect(w.of("delivered")).toHaveLength(1);
  expect(w.of("executed")).toHaveLength(1);
  expect(signs).toBeGreaterThanOrEqual(4);
  expect(signs).toBeLessThanOrEqual(8);
});

test.concurrent("many simultaneous slow handlers run once each", async ({ expect }) => {
  await using w = await harnesses.next({ ackWaitMs: 1_000 });
  await w.responder({ handlers: { "order-stew": () => lasting(1_500).then(() => "🍲") }, concurrency: 100 });
  const alice = await w.requester();
  const all = Array.from({ length: 100 }, () => alice.request("order-stew", "", { timeoutMs: 20_000 }));
  await Promise.all(all);
  expect(w.of("delivered")).toHaveLength(100);
  expect(w.of("executed")).toHaveLength(100);
});

test.concurrent("fast handlers send no in-progress message", async ({ expect }) => {
  await using w = await harnesses.next({ ackWaitMs: 5_000 });
  const said: string[] = [];
  w.nc.subscribe("$JS.ACK.>", { callback: (_, msg) => void said.push(msg.string()) });
  await w.responder();
  const alice = await w.requester();
  for (let n = 0; n < 20; n++) await alice.request("order-bagel");
  await expect.poll(() => said.length, soon).toBe(20);
  expect(new Set(said)).toEqual(new Set(["+ACK"]));
});

test.concurrent("a handler that blocks the event loop can call inProgress() itself", async ({ expect }) => {
  await using w = await harnesses.next({ ackWaitMs: 400 });
  const other = await w.connect();
  const said: string[] = [];
  other.subscribe("$JS.ACK.>", { callback: (_, msg) => void said.push(msg.string()) });
  await other.flush();
  await w.responder({
    handlers: {
      "order-stew": (request) => {
        request.inProgress();
        return "🍲";
      },
    },
  });
  await (await w.requester()).request("order-stew");
  await expect.poll(() => said, soon).toEqual(["+WPI", "+ACK"]);
});

/** Another responder, carol, with an event loop of its own: that of the test is blocked. It pulls from when it is asked to. */
async function startInOtherProcess(w: Harness, replies: Record<string, string>) {
  const handlers = Object.entries(replies).map(([subject, reply]) => `${subject}: () => ${reply}`);
  const script = `
    import { connect } from "@nats-io/transport-node";
    import { Responder } from "${new URL("../../dist/", import.meta.url).href}index.js";
    const nc = await connect({ servers: "${harnesses.server.url}", user: "${w.user}", pass: "w" });
    process.once("message", () => Responder.start(nc, { name: "carol", handlers: { ${handlers.join(", ")} } }));
    process.send("connected");`;
  const child = startModule(script, ["ignore", "inherit", "inherit", "ipc"]);
  await once(child, "message");
  return {
    pull: () => void child.send("pull"),
    async [Symbol.asyncDispose]() {
      child.kill();
    },
  };
}

/** Computes without an `await`, as a parser or a compression does. */
function compute(ms: number, meanwhile: () => void): void {
  const end = performance.now() + ms;
  while (performance.now() < end) meanwhile();
}

/** Computes for so long, while carol pulls and a request to `later`, which was published before, stays unread. */
const unreadDuring =
  (ms: number, w: Harness, { pull }: { pull(): void }, begun: string[]) =>
  (request: HandlerRequest) => {
    begun.push(request.id);
    w.nc.publish("requests.later", "", { headers: kit.requestHeaders("unread", "replies.alice.unread") });
    void w.nc.flush(); // written before this handler computes
    pull();
    compute(ms, () => request.inProgress());
    return "by bob";
  };

test("a handler that computes for three ack_waits and calls inProgress() runs once, and so do the requests beside it", async () => {
  await using w = await harnesses.next({ ackWaitMs: 500 });
  await using carol = await startInOtherProcess(w, { hash: "'by carol'", wait: "'by carol'" });
  const begun: string[] = [];
  const waiting = gate();
  await w.responder({
    concurrency: 2,
    handlers: {
      wait: async ({ id, deliveryCount }) => {
        begun.push(`${id} ${deliveryCount}`);
        await waiting.opened;
        return "by bob";
      },
      hash: (request) => {
        begun.push(`${request.id} ${request.deliveryCount}`);
        carol.pull();
        compute(1_600, () => request.inProgress());
        waiting.open();
        return "by bob";
      },
    },
  });
  const alice = await w.requester({ timeoutMs: 20_000 });
  const beside = alice.request("wait", "", { id: "beside" });
  await expect.poll(() => begun, soon).toHaveLength(1);
  const replies = await Promise.all([alice.request("hash", "", { id: "computed" }), beside]);
  expect(replies.map(({ text }) => text)).toEqual(["by bob", "by bob"]);
  expect(begun).toEqual(["beside 1", "computed 1"]);
  expect((await w.jsm.consumers.info("REQUESTS", "responder")).delivered.consumer_seq).toBe(2);
});

test("a request that waited for its turn, and whose handler computes, is not delivered again meanwhile", async () => {
  await using w = await harnesses.next({ ackWaitMs: 600 });
  const first = gate();
  const compute500 = () => {
    compute(500, () => {});
    return "2";
  };
  await w.responder({
    concurrency: 1,
    prefetch: 2,
    handlers: { wait: () => first.opened.then(() => "1"), hash: compute500 },
  });
  const alice = await w.requester({ timeoutMs: 20_000 });
  const calls = [alice.request("wait"), alice.request("hash")];
  const info = () => w.jsm.consumers.info("REQUESTS", "responder");
  await expect.poll(async () => (await info()).num_ack_pending, soon).toBe(2);
  setTimeout(first.open, 200); // a third of ack_wait, which the waiting request has used up
  await Promise.all(calls);
  expect((await info()).delivered.consumer_seq).toBe(2);
});

test("a request that a computing handler left unread for longer than ack_wait is not NAKed", async () => {
  await using w = await harnesses.next({ ackWaitMs: 500 });
  await using carol = await startInOtherProcess(w, {
    later: "new Promise((done) => setTimeout(done, 1_500, 'by carol'))",
  });
  const begun: string[] = [];
  await w.responder({
    concurrency: 2,
    retry: { firstMs: 1, mostMs: 1 },
    handlers: {
      hash: unreadDuring(800, w, carol, begun),
      later: ({ id, deliveryCount }) => {
        begun.push(`${id} ${deliveryCount}`);
        throw new RetryLaterError("later");
      },
    },
  });
  const alice = await w.requester({ timeoutMs: 20_000 });
  await alice.request("hash", "", { id: "computed" });
  await expect.poll(() => w.count("REPLIES"), soon).toBe(2);
  expect(begun).toEqual(["computed", "unread 1"]);
  expect((await w.jsm.consumers.info("REQUESTS", "responder")).delivered.consumer_seq).toBe(3);
});

test("a request that a computing handler left unread while another responder answered it does not run", async () => {
  await using w = await harnesses.next({ ackWaitMs: 500 });
  await using carol = await startInOtherProcess(w, { later: "'by carol'" });
  const begun: string[] = [];
  await w.responder({
    concurrency: 2,
    handlers: { hash: unreadDuring(1_500, w, carol, begun), later: ({ id }) => `${begun.push(id)}` },
  });
  const alice = await w.requester({ timeoutMs: 20_000 });
  await alice.request("hash", "", { id: "computed" });
  await w.saw("already-answered", ({ request }) => request === "unread");
  expect(begun).toEqual(["computed"]);
});

test.concurrent("RetryLaterError NAKs the request with growing delays", async ({ expect }) => {
  await using w = await harnesses.next();
  const at: number[] = [];
  await w.responder({
    retry: { firstMs: 200 },
    handlers: {
      "order-stew": ({ deliveryCount }) => {
        at.push(performance.now());
        if (deliveryCount < 4) throw new RetryLaterError("the stove is cold");
        return "🍲";
      },
    },
  });
  const reply = await (await w.requester()).request("order-stew", "", { timeoutMs: 20_000 });
  expect(reply).toMatchObject({ status: "ok", text: "🍲" });
  expect(w.of("returned").map((e) => e.reason)).toEqual(Array(3).fill("the stove is cold"));
  const pauses = at.slice(1).map((t, i) => t - (at[i] as number));
  for (const [i, least] of [200, 400, 800].entries()) expect(pauses[i]).toBeGreaterThan(least * 0.95);
});

test.concurrent("the delay of a RetryLaterError holds for that attempt", async ({ expect }) => {
  await using w = await harnesses.next();
  const at: number[] = [];
  await w.responder({
    retry: { firstMs: 60_000, mostMs: 60_000 },
    handlers: {
      "order-stew": ({ deliveryCount }) => {
        at.push(performance.now());
        if (deliveryCount < 2) throw new RetryLaterError("later", { delayMs: 300.4 });
        return "🍲";
      },
    },
  });
  await (await w.requester()).request("order-stew", "", { timeoutMs: 20_000 });
  expect((at[1] as number) - (at[0] as number)).toBeGreaterThan(285);
});

test("the backoff doubles up to its limit", () => {
  expect([1, 2, 3, 9, 10, 2_000].map(backoff())).toEqual([100, 200, 400, 25_600, 30_000, 30_000]);
  expect([1, 2, 3].map(backoff({ firstMs: 0 }))).toEqual([0, 0, 0]);
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 86_400_001])("a delay of %d is refused", (ms) => {
  expect(() => new RetryLaterError("x", { delayMs: ms })).toThrow(InvalidInputError);
  expect(() => backoff({ firstMs: ms })).toThrow(InvalidInputError);
  expect(() => backoff({ mostMs: ms })).toThrow(InvalidInputError);
});

// A consumer that was deleted and made anew has no counts and no acks: it delivers unacked requests as if for the first time.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Responder, setup } from "../../src/index.js";
import { gate, type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

async function makeAnew({ nc, jsm }: Harness): Promise<void> {
  await jsm.consumers.delete("REQUESTS", "responder");
  await setup(nc, { storage: "memory" });
}

const ackPending = async ({ jsm }: Harness) => (await jsm.consumers.info("REQUESTS", "responder")).num_ack_pending;

test("a request that its responder answered, and whose ack went to the deleted consumer, does not run again", async () => {
  await using w = await harnesses.next();
  const held = gate();
  let runs = 0;
  const work = () => held.opened.then(() => `run ${++runs}`);
  await w.responder({ concurrency: 1, ackDelayMs: 1_000, handlers: { "order-bagel": work } });
  const alice = await w.requester({ timeoutMs: 20_000 });
  const call = alice.request("order-bagel", "", { id: "1" });
  await w.saw("delivered"); // no pull request is open, so the responder does not notice the deletion
  await makeAnew(w);
  held.open();
  expect((await call).text).toBe("run 1");
  expect(await w.saw("already-answered")).toMatchObject({ request: "1", status: "ok" });
  expect((await alice.request("order-bagel", "", { id: "2" })).text).toBe("run 2");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect(w.of("delivered").map(({ request, delivery }) => [request, delivery])).toEqual([
    ["1", 1],
    ["1", 1],
    ["2", 1],
  ]);
});

test("a request whose handler still runs in the same process joins it", async () => {
  await using w = await harnesses.next();
  const held = { "1": gate(), "2": gate() };
  const runs: string[] = [];
  const work = async ({ id }: { id: string }) => {
    runs.push(id);
    await held[id as keyof typeof held]?.opened;
    return id;
  };
  await w.responder({ concurrency: 2, handlers: { "order-bagel": work } });
  const alice = await w.requester({ timeoutMs: 20_000 });
  const [one, two] = ["1", "2"].map((id) => alice.request("order-bagel", "", { id }));
  await expect.poll(() => ackPending(w), soon).toBe(2);
  await makeAnew(w);
  held["2"].open();
  await two;
  await expect.poll(() => ackPending(w), soon).toBeGreaterThan(0); // the new consumer has delivered again
  held["1"].open();
  expect((await one)?.text).toBe("1");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect(runs).toEqual(["1", "2"]);
});

test("a request that a killed responder answered before its ack does not run again in a process that starts later", async () => {
  await using w = await harnesses.next();
  const runs: string[] = [];
  const handlersOf = (name: string) => ({ "order-bagel": () => `${runs.push(name)}` });
  const nc = await w.connect();
  const bob = await Responder.start(nc, { name: "bob", ackDelayMs: 1_000, handlers: handlersOf("bob") });
  const closed = bob.closed.catch(({ code }) => code);
  const alice = await w.requester({ timeoutMs: 20_000 });
  await alice.request("order-bagel", "", { id: "1" });
  await nc.close();
  expect(await closed).toBe("closed");
  await makeAnew(w);
  await w.responder({ name: "carol", handlers: handlersOf("carol") });
  await w.saw("already-answered");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect(runs).toEqual(["bob"]);
  await alice.request("order-bagel", "", { id: "2" });
  expect([runs, w.of("already-answered").length]).toEqual([["bob", "carol"], 1]);
});

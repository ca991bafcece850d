// Hundreds of cancels against responders that are busy: whatever the timing, no request is lost, and none that was told
// to be removed was ever seen by a responder.
import { setTimeout as passed } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cancelRequest, type OrderRequest } from "../../src/index.js";
import { startWorlds, type World } from "./world.js";

let worlds: Awaited<ReturnType<typeof startWorlds>>;
beforeAll(async () => {
  worlds = await startWorlds();
});
afterAll(() => worlds[Symbol.asyncDispose]());

const requests = 400;

/** From the newest to the oldest: in the middle they meet the responders, which go the other way. */
async function cancelAll(w: World) {
  const clients = await Promise.all([1, 2, 3, 4].map(() => w.connect()));
  const stored = w.of("stored").toReversed();
  return Promise.all(
    stored.map(async ({ request, sequence }, i) => {
      const nc = clients[i % clients.length] as World["nc"];
      const handle = { requester: "alice", request, stream: "REQUESTS", sequence };
      return { request, ...(await cancelRequest(nc, handle)) };
    }),
  );
}

test.each([
  ["that ignore their signal", (): Promise<void> => passed(2)],
  ["that heed it", ({ signal }: OrderRequest) => passed(2, undefined, { signal })],
])("cancels against handlers %s", async (_, work) => {
  await using w = await worlds.next();
  const executed = new Map<string, number>();
  const menu = {
    "order-bagel": async (request: OrderRequest) => {
      await work(request);
      executed.set(request.id, (executed.get(request.id) ?? 0) + 1);
      return "🥯";
    },
  };
  const alice = await w.requester({ timeoutMs: 25_000 });
  const calls = Array.from({ length: requests }, (_, n) =>
    alice
      .request("order-bagel", "", { id: `r${n}` })
      .then((reply): [string, string] => [`r${n}`, reply.ending]),
  );
  await w.saw("stored", () => w.of("stored").length === requests);
  await Promise.all(["bob", "carol"].map((name) => w.responder({ name, menu, concurrency: 2 })));
  await w.saw("replied");
  const outcomes = await cancelAll(w);
  const endings = new Map(await Promise.all(calls)); // each has an ending: none is lost

  const delivered = new Set(w.of("delivered").map((e) => e.request));
  const tally: Record<string, number> = {};
  for (const { request, outcome } of outcomes) {
    const ran = executed.get(request) ?? 0;
    const fate = `${outcome}, ${delivered.has(request) ? "delivered" : "never delivered"}, ${endings.get(request)}`;
    tally[fate] = (tally[fate] ?? 0) + 1;
    expect(ran, `${request}: ${fate}`).toBe(endings.get(request) === "ok" ? 1 : 0);
  }
  console.log(tally);
  const allowed = [
    "removed, never delivered, cancelled",
    "already-running, delivered, ok",
    "already-running, delivered, cancelled",
    "already-answered, delivered, ok",
    "already-answered, delivered, cancelled",
    // The consumer went past it while it was being deleted, and no responder had it.
    "unknown, never delivered, cancelled",
  ];
  expect(Object.keys(tally).filter((fate) => !allowed.includes(fate))).toEqual([]);
  expect(tally["removed, never delivered, cancelled"]).toBeGreaterThan(0);
  expect(await w.count("REQUESTS")).toBe(0);
});

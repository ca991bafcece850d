// Results that cannot be stored: they are kept and stored again, and no handler runs twice in one responder.
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, test } from "vitest";
import { type Handler, Requester, Responder, type ResponderEvent } from "../../src/index.js";
import {
  gate,
  type Harness,
  type Harnesses,
  harnessOn,
  isAck,
  replyStatus,
  soon,
  startHarnesses,
} from "../support/harness.js";
import { startTestServer } from "../support/server.js";
import { doorTo } from "../support/severable.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses("max_payload: 8MB");
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const names = (n: number) => Array.from({ length: n }, (_, i) => `r${i}`);
const reconnect = { reconnectTimeWait: 50, reconnectJitter: 0, maxReconnectAttempts: -1 };

/** Counts how often each request's handler ran. */
function counting(reply: (id: string) => string | Promise<string> = (id) => id) {
  const runs: Record<string, number> = {};
  const count = (id: string) => {
    runs[id] = (runs[id] ?? 0) + 1;
  };
  const handlers: Record<string, Handler> = {
    work: ({ id }) => {
      count(id);
      return reply(id);
    },
    parts: async function* ({ id }) {
      count(id);
      yield "one";
      yield "two";
      return id;
    },
    fails: ({ id }) => {
      count(id);
      throw new Error("out of bagels");
    },
  };
  return { runs, handlers };
}

/** Makes REPLIES full, and returns what makes room again. */
async function fillReplies(w: Harness): Promise<() => Promise<unknown>> {
  const { config } = await w.jsm.streams.info("REPLIES");
  await w.nc.request("replies.someone.else", "takes the only place");
  await w.jsm.streams.update("REPLIES", { ...config, max_msgs: 1 });
  return () => w.jsm.streams.update("REPLIES", config);
}

test.concurrent("each handler runs once while REPLIES is full for longer than ack_wait, and each reply is stored", async ({
  expect,
}) => {
  await using w = await harnesses.next({ ackWaitMs: 1_500 });
  const makeRoom = await fillReplies(w);
  const { runs, handlers } = counting();
  await w.responder({ handlers, concurrency: 4 });
  const alice = await w.requester({ timeoutMs: 25_000 });
  const calls = ["work", "fails", "none", ...Array(17).fill("work")].map((order, n) =>
    alice.request(order, "", { id: `r${n}` }),
  );
  const parts = alice.requestMany("parts", "", { id: "many" });
  const many = (async () => {
    const texts: string[] = [];
    for await (const { text } of parts) texts.push(text);
    return texts;
  })();
  await expect.poll(() => w.of("not-stored").length, soon).toBe(21);
  // Only the passing of time shows that nothing is delivered again: two times ack_wait.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  await makeRoom();
  const replies = await Promise.all(calls);
  expect(replies.map(({ status }) => status)).toEqual(["ok", "error", "rejected", ...Array(17).fill("ok")]);
  expect(await many).toEqual(["one", "two", "many"]);
  expect(Object.values(runs)).toEqual(Array(20).fill(1));
  expect([w.of("delivered").length, w.of("returned")]).toEqual([21, []]);
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});

test.concurrent("requests that have filled the server's own storage are answered once each, and leave it", async ({
  expect,
}) => {
  await using server = await startTestServer({ config: "jetstream { max_file_store: 400KB }" });
  await using w = await harnessOn(server, { storage: "file" });
  const { runs, handlers } = counting();
  const alice = await w.requester({ timeoutMs: 25_000 });
  const payload = "z".repeat(15_000);
  const calls = Array.from({ length: 60 }, (_, n) =>
    alice.request("work", payload, { id: `r${n}` }).then(
      ({ status }) => status,
      ({ code }) => code,
    ),
  );
  await expect.poll(() => w.of("stored").length + w.of("request-failed").length, soon).toBeGreaterThan(20);
  await w.responder({ handlers, concurrency: 4 });
  const outcomes = await Promise.all(calls);
  expect([...new Set(outcomes)].toSorted()).toEqual(["ok", "stream-full"]);
  expect(w.of("not-stored").map(({ reason }) => reason)).toContainEqual(
    expect.stringMatching(/insufficient resources/),
  );
  expect(Object.values(runs)).toEqual(outcomes.filter((outcome) => outcome === "ok").map(() => 1));
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});

test.concurrent("a server that is killed and restarted under load has no handler run twice in its responder", async ({
  expect,
}) => {
  await using server = await startTestServer();
  await using w = await harnessOn(server, { storage: "file", ackWaitMs: 2_000 });
  const [hers, his] = [await w.connect(reconnect), await w.connect(reconnect)];
  await using alice = await Requester.open(hers, { name: "alice", timeoutMs: 25_000 });
  const { runs, handlers } = counting(async (id) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return id;
  });
  const events: ResponderEvent[] = [];
  const observe = (event: ResponderEvent) => void events.push(event);
  await using bob = await Responder.start(his, { name: "bob", handlers, observe });
  for (const id of names(400)) await alice.send("work", "", { id });
  for (const done of [100, 200]) {
    await expect.poll(() => Object.keys(runs).length, { ...soon, interval: 2 }).toBeGreaterThan(done);
    await server.kill();
    await server.restart();
  }
  await expect.poll(() => events.filter(({ type }) => type === "acked").length, soon).toBeGreaterThanOrEqual(400);
  expect(Object.keys(runs)).toHaveLength(400);
  expect(Object.entries(runs).filter(([, times]) => times > 1)).toEqual([]);
  expect(bob.state).toBe("running");
}, 40_000);

test.concurrent("a reply to an inbox that is made while the connection is down is sent after the reconnect", async ({
  expect,
}) => {
  await using w = await harnesses.next({ ackWaitMs: 600_000 });
  await using door = await doorTo(Number(new URL(harnesses.server.url).port));
  const nc = await w.connect({ servers: door.url, ...reconnect });
  const held = gate();
  const { runs, handlers } = counting((id) => held.opened.then(() => id));
  await using bob = await Responder.start(nc, { name: "bob", handlers, observe: w.observe });
  const alice = await w.requester({ reply: "inbox", timeoutMs: 25_000 });
  const calls = names(3).map((id) => alice.request("work", "", { id }));
  await expect.poll(() => Object.keys(runs).length, soon).toBe(3);
  const down = (async () => {
    for await (const { type } of nc.status()) if (type === "disconnect") return;
  })();
  door.close();
  await down;
  held.open();
  await w.saw("not-stored", () => w.of("not-stored").length === 3);
  door.open();
  expect((await Promise.all(calls)).map(({ text }) => text)).toEqual(names(3));
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect([Object.values(runs), bob.state]).toEqual([[1, 1, 1], "running"]);
});

test.concurrent("a request to an inbox whose ack is lost is acked again, not run again", async ({ expect }) => {
  await using w = await harnesses.next({ ackWaitMs: 500 });
  const { runs, handlers } = counting();
  await w.responder({ handlers });
  const publish = w.nc.publish.bind(w.nc);
  w.nc.publish = (subject, payload, options) => {
    if (!isAck(payload)) return publish(subject, payload, options);
    w.nc.publish = publish;
  };
  const alice = await w.requester({ reply: "inbox", timeoutMs: 25_000 });
  expect((await alice.request("work", "", { id: "lunch" })).text).toBe("lunch");
  expect(await w.saw("delivered", ({ delivery }) => delivery === 2)).toMatchObject({ request: "lunch" });
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect(runs).toEqual({ lunch: 1 });
});

test.concurrent("beyond the bounds no more requests are pulled, and still no handler runs twice", async ({
  expect,
}) => {
  await using w = await harnesses.next({ ackWaitMs: 1_000 });
  const makeRoom = await fillReplies(w);
  const { runs, handlers } = counting(() => "x".repeat(6 * 1024 * 1024));
  await w.responder({ handlers, concurrency: 2 });
  const alice = await w.requester({ timeoutMs: 25_000 });
  const calls = names(8).map((id) => alice.request("work", "", { id }));
  // Two of 6 MiB are within 16 MiB; two more hold the two places.
  await expect.poll(() => w.of("not-stored").length, soon).toBe(4);
  await expect.poll(async () => (await w.jsm.consumers.info("REQUESTS", "responder")).num_pending, soon).toBe(4);
  // Only the passing of time shows that no other request is begun: two times ack_wait.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  expect(Object.keys(runs)).toHaveLength(4);
  await makeRoom();
  expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(8).fill("ok"));
  expect(Object.values(runs)).toEqual(Array(8).fill(1));
});

test.concurrent("a pause does not wait for a reply that is kept, and a drain lists it at its limit and NAKs it", async ({
  expect,
}) => {
  await using w = await harnesses.next({ ackWaitMs: 600_000 });
  const makeRoom = await fillReplies(w);
  const bob = await w.responder({ handlers: counting().handlers });
  const alice = await w.requester({ timeoutMs: 25_000 });
  const call = alice.request("work", "", { id: "lunch" });
  await w.saw("not-stored");
  await bob.pause();
  expect(bob.state).toBe("paused");
  expect(await bob.drain({ timeoutMs: 300 })).toEqual({ left: ["lunch"] });
  expect(w.of("returned")).toMatchObject([
    { request: "lunch", reason: "its reply could not be stored before the drain was over" },
  ]);
  await makeRoom();
  await w.responder({ name: "carol", handlers: { work: "from carol" } });
  expect((await call).text).toBe("from carol");
});

test.concurrent("a drain waits until a reply that is kept is stored", async ({ expect }) => {
  await using w = await harnesses.next({ ackWaitMs: 600_000 });
  const makeRoom = await fillReplies(w);
  const bob = await w.responder({ handlers: counting().handlers });
  const call = (await w.requester({ timeoutMs: 25_000 })).request("work", "", { id: "lunch" });
  await w.saw("not-stored");
  const drained = bob.drain();
  await makeRoom();
  expect(await drained).toEqual({ left: [] });
  expect((await call).text).toBe("lunch");
  expect(await w.count("REQUESTS")).toBe(0);
});

test.concurrent("a redelivered request is not run while the server does not say whether it is answered", async ({
  expect,
}) => {
  await using w = await harnesses.next({ ackWaitMs: 1_000 });
  const { runs, handlers } = counting();
  const lost = await w.connect();
  await Responder.start(lost, { name: "carol", handlers: { work: () => new Promise(() => {}) }, observe: w.observe });
  const call = (await w.requester({ timeoutMs: 25_000 })).request("work", "", { id: "lunch" });
  await w.saw("delivered");
  await lost.close();
  const nc = await w.connect();
  const publish = nc.publish.bind(nc);
  let looks = 0;
  nc.publish = (subject, payload, options) => {
    if (subject !== "$JS.API.STREAM.MSG.GET.REPLIES" || looks++ > 0) publish(subject, payload, options);
  };
  await using _bob = await Responder.start(nc, { name: "bob", handlers, observe: w.observe });
  await w.saw("delivered", ({ delivery }) => delivery === 2);
  await expect.poll(() => looks, soon).toBe(1);
  await w.nc.request("replies.alice.lunch", "from dave", replyStatus());
  await expect.poll(() => looks, soon).toBe(2);
  expect(await w.saw("already-answered")).toMatchObject({ request: "lunch" });
  expect((await call).text).toBe("from dave");
  expect(runs).toEqual({});
});

test("the bounds of the docstring and of the docs are those of the code", async ({ expect }) => {
  const { mostKept } = await import("../internal/responder.js");
  expect(mostKept).toEqual({ results: 1_000, bytes: 16 * 1024 * 1024 });
  const texts = ["src/responder/unstored.ts", "src/responder/responder.ts", "docs/guarantees.md"];
  for (const text of texts) {
    const page = await readFile(new URL(`../../${text}`, import.meta.url), "utf8");
    expect(page).toContain("1,000 ");
    expect(page).toContain("16 MiB");
  }
});

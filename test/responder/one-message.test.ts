// One message, whatever is wrong with it, ends itself at most: the responder answers the next one.
import { headers } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Handler, Requester, Responder, type ResponderEvent, RetryLaterError, setup } from "../../src/index.js";
import { type Harnesses, soon, startHarnesses } from "../support/harness.js";
import { startTestServer } from "../support/server.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

/** Headers as another client may write them: this one refuses to write and to read some of the names. */
function anyHeaders(named: Record<string, string>) {
  const h = headers() as ReturnType<typeof headers> & { headers: Map<string, string[]> };
  for (const [name, value] of Object.entries(named)) h.headers.set(name, [value]);
  return { headers: h, timeout: 5_000 };
}

const nothingReadable = () =>
  new Proxy(new Error(), {
    get: () => {
      throw new Error("get");
    },
    getPrototypeOf: () => {
      throw new Error("getPrototypeOf");
    },
  });

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable(new Error(), {});
  revoke();
  return proxy;
};

const without = (property: string) =>
  Object.defineProperty(new RetryLaterError("later"), property, {
    get: () => {
      throw new Error(property);
    },
  });

const thrown: [string, () => unknown][] = [
  ["a Proxy whose traps throw", nothingReadable],
  ["a revoked Proxy", revoked],
  ["a RetryLaterError whose delay cannot be read", () => without("delayMs")],
  ["a RetryLaterError whose message cannot be read", () => without("message")],
  ["a symbol", () => Symbol("x")],
  ["an error whose text throws", () => ({ toString: nothingReadable })],
];

test.each(thrown)("a handler that throws %s ends its request with an error reply", async (_, value) => {
  await using w = await harnesses.next();
  const fail = () => {
    throw value();
  };
  const handlers: Record<string, Handler> = {
    fail,
    later: async () => fail(),
    // biome-ignore lint/correctness/useYield: it throws before its first part
    parts: async function* () {
      fail();
    },
    fine: () => "fine",
  };
  const bob = await w.responder({ handlers, maxAttempts: 1 });
  const alice = await w.requester({ timeoutMs: 20_000 });
  for (const order of ["fail", "later", "parts"]) {
    expect(["error", "dead-lettered"]).toContain((await alice.request(order)).status);
  }
  expect((await alice.request("fine")).text).toBe("fine");
  expect(bob.state).toBe("running");
});

const payloads: [string, () => Uint8Array, "ok" | "error"][] = [
  ["bytes of shared memory", () => new Uint8Array(new SharedArrayBuffer(4)), "ok"],
  ["a Proxy of bytes", () => new Proxy(new Uint8Array(4), {}), "error"],
  ["what only looks like bytes", () => Object.create(Uint8Array.prototype), "error"],
];

test.each(payloads)("a handler that returns %s ends its request once", async (_, payload, status) => {
  await using w = await harnesses.next();
  let runs = 0;
  const odd = () => {
    runs++;
    return payload();
  };
  const bob = await w.responder({ handlers: { odd, fine: () => "fine" } });
  const alice = await w.requester({ timeoutMs: 20_000 });
  expect((await alice.request("odd")).status).toBe(status);
  expect((await alice.request("fine")).text).toBe("fine");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect([runs, bob.state]).toEqual([1, "running"]);
});

const cold = () => {
  throw new RetryLaterError("the stove is cold");
};

test.each([
  ["a space in a name", "Trace id"],
  ["a name in UTF-8", "Größe"],
])("a last attempt with %s among its headers becomes a dead letter with the others", async (_, name) => {
  await using w = await harnesses.next();
  const bob = await w.responder({ handlers: { "order-stew": cold, fine: () => "fine" }, maxAttempts: 1 });
  const named = { [name]: "x", "Nats-Msg-Id": "1", "Reply-To": "replies.alice.1", "Trace-Parent": "kept" };
  await w.nc.request("requests.order-stew", "no onions", anyHeaders(named));
  await w.saw("terminated");
  const letter = await w.jsm.streams.getMessage("DEAD_LETTERS", { seq: 1 });
  expect([letter?.header.get("Trace-Parent"), letter?.string()]).toEqual(["kept", "no onions"]);
  expect((await w.saw("replied")).status).toBe("dead-lettered");
  expect((await (await w.requester()).request("fine")).text).toBe("fine");
  expect(bob.state).toBe("running");
});

test("a mailbox that holds a message with odd headers ends its request", async () => {
  await using w = await harnesses.next();
  const bob = await w.responder({ handlers: { fine: () => "fine" } });
  await w.nc.request("replies.eve.1", "x", anyHeaders({ "A b": "c" }));
  await w.nc.request("requests.fine", "", anyHeaders({ "Nats-Msg-Id": "1", "Reply-To": "replies.eve.1" }));
  await w.saw("acked");
  expect((await (await w.requester()).request("fine")).text).toBe("fine");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect(bob.state).toBe("running");
});

test.each([
  ["a bucket", "$KV.REPLIES_KV.eve.1"],
  ["a stream of all replies", "shared-replies.eve"],
])("a reply address in %s that does not exist terminates its request after one run", async (_, address) => {
  await using w = await harnesses.next();
  let runs = 0;
  const bob = await w.responder({ handlers: { work: () => `${++runs}` } });
  await w.nc.request("requests.work", "", anyHeaders({ "Nats-Msg-Id": "1", "Reply-To": address }));
  expect((await w.saw("terminated")).reason).toContain(`No stream takes ${address}`);
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect([runs, bob.state]).toEqual([1, "running"]);
});

test("a reply that the server refuses for want of a permission ends or keeps its own request only", async () => {
  await using server = await startTestServer({
    config: `accounts { A { jetstream: enabled, users: [
      { user: all, password: p }
      { user: bob, password: p, permissions: { publish: { deny: ["replies.eve.>", "$KV.>", "replies.*.*.*"] } } } ] } }`,
  });
  const nc = await server.connect({ user: "all", pass: "p" });
  await setup(nc, { ackWaitMs: 1_000, storage: "memory" });
  const runs: string[] = [];
  const events: ResponderEvent[] = [];
  const work = ({ id }: { id: string }) => {
    runs.push(id);
    return "done";
  };
  async function* parts() {
    yield "one";
  }
  await using bob = await Responder.start(await server.connect({ user: "bob", pass: "p" }), {
    name: "bob",
    handlers: { work, parts },
    observe: (event) => void events.push(event),
  });
  await nc.request("requests.work", "", anyHeaders({ "Nats-Msg-Id": "kv", "Reply-To": "$KV.REPLIES_KV.eve.1" }));
  await nc.request("requests.work", "", anyHeaders({ "Nats-Msg-Id": "mailbox", "Reply-To": "replies.eve.1" }));
  await using alice = await Requester.open(nc, { name: "alice", timeoutMs: 20_000 });
  const asked = await alice.request("parts");
  expect([asked.status, asked.text]).toEqual(["error", expect.stringContaining("may not publish to replies.alice")]);
  const reasons = (type: ResponderEvent["type"], id: string) =>
    events.flatMap((e) => (e.type === type && "reason" in e && e.request === id ? [e.reason] : []));
  await expect
    .poll(() => reasons("terminated", "kv"), soon)
    .toEqual([expect.stringContaining("may not publish to $KV")]);
  await expect.poll(() => reasons("not-stored", "mailbox"), soon).toHaveLength(1);
  // Only the passing of time shows that it is not delivered again: two times ack_wait.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  expect((await alice.request("work", "", { id: "fine" })).text).toBe("done");
  expect(runs.toSorted()).toEqual(["fine", "kv", "mailbox"]);
  expect(bob.state).toBe("running");
  await bob.drain({ timeoutMs: 100 });
});

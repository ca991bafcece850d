// A request id that was used before on another subject: the first order's reply is not returned for the second.
import { afterAll, beforeAll, expect, test } from "vitest";
import { collect, DuplicateIdError, Requester } from "../../src/index.js";
import { jsrr } from "../support/cli.js";
import { gate, type Harnesses, harnessOn, startHarnesses } from "../support/harness.js";
import { startTestServer } from "../support/server.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const message =
  "Request id 1 was sent before on requests.order-tea, so the stream did not store the one on requests.order-bagel; use another id.";
const handlers = { "order-tea": () => "🍵", "order-bagel": () => "🥯" };

test("a request with the id of an answered request to another subject rejects, by request and by send", async () => {
  await using w = await harnesses.next();
  await w.responder({ handlers });
  const alice = await w.requester({ timeoutMs: 20_000 });
  expect((await alice.request("order-tea", "", { id: "1" })).text).toBe("🍵");
  const second = alice.request("order-bagel", "", { id: "1" });
  await expect(second).rejects.toThrow(message);
  await expect(second).rejects.toBeInstanceOf(DuplicateIdError);
  await expect(alice.send("order-bagel", "", { id: "1" })).rejects.toThrow(message);
  expect((await alice.request("order-tea", "", { id: "1" })).text).toBe("🍵");
  const handle = await alice.send("order-tea", "", { id: "1" });
  expect(await collect(w.nc, handle)).toMatchObject({ text: "🍵" });
});

test("a request with the id of a queued request to another subject rejects, also for a requester of another name", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 20_000 });
  const first = alice.request("order-tea", "", { id: "1" });
  await w.saw("stored");
  const bob = await w.requester({ name: "bob", timeoutMs: 20_000 });
  await expect(bob.request("order-bagel", "", { id: "1" })).rejects.toThrow(message);
  await expect(bob.send("order-bagel", "", { id: "1" })).rejects.toThrow(message);
  await w.responder({ handlers });
  expect((await first).text).toBe("🍵");
});

test("a reply to the first subject that arrives before the PubAck of the second does not resolve the second", async () => {
  await using w = await harnesses.next();
  const held = gate();
  await w.responder({ handlers: { ...handlers, "order-tea": () => held.opened.then(() => "🍵") } });
  await using first = await Requester.open(await w.connect(), { name: "alice", timeoutMs: 20_000 });
  const tea = first.request("order-tea", "", { id: "1" });
  await w.saw("delivered");
  const alice = await w.requester({ timeoutMs: 20_000 });
  const nc = w.nc;
  const { publish } = nc;
  nc.publish = (subject, ...rest) => {
    if (subject === "requests.order-bagel") return; // on its way for as long as the reply is
    publish.call(nc, subject, ...rest);
  };
  const bagel = alice.request("order-bagel", "", { id: "1" });
  held.open();
  await expect(bagel).rejects.toThrow(message);
  nc.publish = publish;
  expect((await tea).text).toBe("🍵");
});

test("jsrr request fails for an id that was used for another order", async () => {
  await using server = await startTestServer();
  await using w = await harnessOn(server);
  await w.responder({ handlers });
  const env = { NATS_URL: server.url };
  expect(await jsrr(["request", "order-tea", "--id", "1"], { env })).toMatchObject({ code: 0 });
  const { code, stdout, stderr } = await jsrr(["request", "order-bagel", "--id", "1"], { env });
  expect({ code: code === 0, stdout, stderr }).toEqual({
    code: false,
    stdout: "",
    stderr: `stored before as requester.1.REQUESTS.1; Ctrl-C leaves it queued\n${message}\n`,
  });
});

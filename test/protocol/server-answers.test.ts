// What the server answers where docs/protocol.md says it: with the core client, and without the kit.
import { headers, type Msg } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";
import { serverLacks } from "../support/server-version.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

interface Answer {
  seq?: number;
  duplicate?: boolean;
  error?: { code: number; err_code: number };
}

async function ask(w: Harness, subject: string, body: object | string, entries: Record<string, string> = {}) {
  const h = headers();
  for (const [name, value] of Object.entries(entries)) h.set(name, value);
  const payload = typeof body === "string" ? body : JSON.stringify(body);
  return (await w.nc.request(subject, payload, { headers: h, timeout: 5_000 })).json<Answer>();
}

const deleteFirst = (w: Harness) => ask(w, "$JS.API.STREAM.MSG.DELETE.REQUESTS", { seq: 1 });

async function pull(w: Harness): Promise<Msg> {
  const replies = w.nc.subscribe("pulls", { max: 1 });
  const body = JSON.stringify({ batch: 1, expires: 5_000_000_000 });
  w.nc.publish("$JS.API.CONSUMER.MSG.NEXT.REQUESTS.responder", body, { reply: "pulls" });
  for await (const msg of replies) return msg;
  throw new Error("the pull was not answered");
}

test("the duplicate of an id is answered with the sequence of the first message", async () => {
  await using w = await harnesses.next();
  const id = { "Nats-Msg-Id": "lunch" };
  await ask(w, "requests.order-tea", "");
  expect(await ask(w, "requests.order-tea", "", id)).toMatchObject({ seq: 2 });
  await ask(w, "requests.order-tea", "");
  expect(await ask(w, "requests.order-tea", "", id)).toMatchObject({ seq: 2, duplicate: true });
});

test("two requests without an id are two messages", async () => {
  await using w = await harnesses.next();
  expect([await ask(w, "requests.order-tea", ""), await ask(w, "requests.order-tea", "")]).toMatchObject([
    { seq: 1 },
    { seq: 2 },
  ]);
});

test("a pulled request arrives under its own subject, and its ack address has nine tokens", async () => {
  await using w = await harnesses.next();
  await ask(w, "requests.order-tea", "");
  await ask(w, "requests.order-tea", "");
  const first = await pull(w);
  first.respond("+ACK");
  const msg = await pull(w);
  expect(msg.subject).toBe("requests.order-tea");
  expect(msg.reply).toMatch(/^\$JS\.ACK\.REQUESTS\.responder\.1\.2\.2\.\d{19}\.0$/);
  msg.respond('-NAK {"delay": 1000000}');
  expect((await pull(w)).reply).toMatch(/^\$JS\.ACK\.REQUESTS\.responder\.2\.2\.3\.\d{19}\.0$/);
});

test.each([
  ["file", 10057],
  ["memory", 10043],
] as const)("the second delete of a message in a %s stream fails with error %d", async (storage, errCode) => {
  await using w = await harnesses.next({ storage });
  await ask(w, "requests.order-tea", "");
  expect(await deleteFirst(w)).toMatchObject({ success: true });
  expect(await deleteFirst(w)).toMatchObject({ error: { err_code: errCode } });
});

test.skipIf(serverLacks("per-message TTLs", "2.11.0")).each([
  ["file", 10057],
  ["memory", 10043],
] as const)("a delete of what Nats-TTL has removed from a %s stream fails with error %d", async (storage, errCode) => {
  await using w = await harnesses.next({ storage });
  await ask(w, "requests.order-tea", "", { "Nats-TTL": "1s" });
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect(await deleteFirst(w)).toMatchObject({ error: { err_code: errCode } });
});

test("a dead letter with a copied Nats-Expected-Stream is refused with error 10060, and stored without it", async () => {
  await using w = await harnesses.next();
  const refused = await ask(w, "dead-letters.order-stew", "", { "Nats-Expected-Stream": "REQUESTS" });
  expect(refused).toMatchObject({ error: { err_code: 10060 } });
  expect(await ask(w, "dead-letters.order-stew", "")).toMatchObject({ seq: 1 });
});

test("a second reply to a mailbox is refused with error 10071", async () => {
  await using w = await harnesses.next();
  const createOnly = { "Nats-Expected-Last-Subject-Sequence": "0" };
  expect(await ask(w, "replies.alice.lunch", "first", createOnly)).toMatchObject({ seq: 1 });
  expect(await ask(w, "replies.alice.lunch", "second", createOnly)).toMatchObject({ error: { err_code: 10071 } });
});

test("a second reply without the create-only header is refused with error 10077", async () => {
  await using w = await harnesses.next();
  expect(await ask(w, "replies.alice.lunch", "first")).toMatchObject({ seq: 1 });
  expect(await ask(w, "replies.alice.lunch", "second")).toMatchObject({ error: { err_code: 10077 } });
  expect(await w.count("REPLIES")).toBe(1);
});

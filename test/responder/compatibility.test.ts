// The wire is plain enough for anyone: a requester and a responder written with the `nats` v2 client alone.
import { connect, createInbox, headers, type JsMsg, StringCodec } from "nats";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const v2 = (w: Harness) => connect({ servers: harnesses.server.url, user: w.user, pass: "w" });
const text = StringCodec();

test("a requester with nats v2 sends an order and reads its mailbox", async () => {
  await using w = await harnesses.next();
  await w.responder();
  const nc = await v2(w);
  try {
    const js = nc.jetstream();
    const h = headers();
    h.set("Nats-Msg-Id", "42");
    h.set("Reply-To", "replies.v2.42");
    const arrived = nc.subscribe("replied.v2.42", { max: 1 });
    await js.publish("requests.order-bagel", text.encode("sesame"), { headers: h });
    for await (const msg of arrived) expect(text.decode(msg.data)).toBe("🥯");
    const jsm = await nc.jetstreamManager();
    const reply = await jsm.streams.getMessage("REPLIES", { last_by_subj: "replies.v2.42" });
    expect(text.decode(reply.data)).toBe("🥯");
    expect([reply.header.get("Request-Id"), reply.header.get("Reply-Status")]).toEqual(["42", "ok"]);
  } finally {
    await nc.close();
  }
});

test("a requester with nats v2 gets its reply at an inbox", async () => {
  await using w = await harnesses.next();
  await w.responder();
  const nc = await v2(w);
  try {
    const inbox = createInbox();
    const arrived = nc.subscribe(inbox, { max: 1 });
    const h = headers();
    h.set("Reply-To", inbox);
    await nc.jetstream().publish("requests.order-soup", text.encode(""), { headers: h });
    for await (const msg of arrived) {
      expect(text.decode(msg.data)).toBe("no such order: order-soup");
      expect(msg.headers?.get("Nats-Service-Error-Code")).toBe("404");
    }
  } finally {
    await nc.close();
  }
});

/** All a responder has to do: store the reply under its address, create-only, and then acknowledge. */
async function respondV2(w: Harness) {
  const nc = await v2(w);
  const js = nc.jetstream();
  const answer = async (msg: JsMsg) => {
    const h = headers();
    h.set("Request-Id", msg.headers?.get("Nats-Msg-Id") ?? "");
    h.set("Reply-Status", "ok");
    h.set("Nats-Expected-Last-Subject-Sequence", "0");
    await js.publish(msg.headers?.get("Reply-To") ?? "", text.encode("🥯 from v2"), { headers: h });
    msg.ack();
  };
  const consumer = await js.consumers.get("REQUESTS", "responder");
  const messages = await consumer.consume({ max_messages: 10 });
  void (async () => {
    for await (const msg of messages) await answer(msg);
  })();
  return { [Symbol.asyncDispose]: () => nc.close() };
}

test("a responder with nats v2 answers the kit's requester", async () => {
  await using w = await harnesses.next();
  await using _ = await respondV2(w);
  const alice = await w.requester();
  const replies = await Promise.all(Array.from({ length: 20 }, () => alice.request("order-bagel")));
  expect(new Set(replies.map((r) => `${r.status} ${r.text}`))).toEqual(new Set(["ok 🥯 from v2"]));
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});

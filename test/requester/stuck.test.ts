// What is told of a request that was delivered: in hand, given up by the server, or not to be known. On an older server, too: the
// two count differently (docs/server-versions.md).
import { headers } from "@nats-io/nats-core";
import { afterAll, beforeAll, describe, test } from "vitest";
import { cancel, locate, RequestTimeoutError } from "../../src/index.js";
import { type Harness, type Harnesses, replyStatus, soon, startHarnesses } from "../support/harness.js";
import { olderServer } from "../support/server-version.js";

const older = await olderServer();

/** A request as one who waits at an inbox sends it: no mailbox says how it ended. */
async function send(w: Harness, id: string, order = "order-bagel") {
  const h = headers();
  h.set("Nats-Msg-Id", id);
  h.set("Reply-To", `_INBOX.nobody.${id}`);
  const ack = await w.nc.request(`requests.${order}`, "", { headers: h, timeout: 5_000 });
  return { requester: "alice", request: id, stream: "REQUESTS", sequence: ack.json<{ seq: number }>().seq };
}

/**
 * One delivery to a responder that does what the test says; undefined where nothing is to be had. Not with `no_wait`: 2.9.10
 * leaves such a pull without an answer when it lets go of a message.
 */
async function pull(w: Harness, consumer = "responder") {
  const subject = `$JS.API.CONSUMER.MSG.NEXT.REQUESTS.${consumer}`;
  // Not over the client's one subscription for all requests: a delivered message has its own subject.
  const options = { timeout: 5_000, noMux: true };
  const msg = await w.nc.request(subject, JSON.stringify({ batch: 1, expires: 50e6 }), options);
  if (msg.headers?.code) return undefined;
  return { say: (word: string) => w.nc.request(msg.reply as string, word, options) };
}

const info = (w: Harness) => w.jsm.consumers.info("REQUESTS", "responder");
const where = async (w: Harness, handle: Awaited<ReturnType<typeof send>>) => (await locate(w.nc, handle)).where;

/** The next one is delivered and given back, until the server lets it go: that is at the pull after its last delivery. */
async function giveUp(w: Harness, { poll }: typeof import("vitest").expect) {
  const before = (await info(w)).num_ack_pending;
  const pulled = async () => {
    await (await pull(w))?.say("-NAK");
    return (await info(w)).num_ack_pending;
  };
  await pulled();
  await poll(pulled, soon).toBe(before);
}

describe.each([
  { on: "the kit's server", binary: undefined },
  ...(older ? [{ on: older.version, binary: older }] : []),
])("on $on", ({ binary }) => {
  let harnesses: Harnesses;
  beforeAll(async () => {
    harnesses = await startHarnesses("", binary);
  });
  afterAll(() => harnesses[Symbol.asyncDispose]());

  test.concurrent("a request at max_deliver is reported as stuck by locate, by the time-out and by cancel", async ({
    expect,
  }) => {
    await using w = await harnesses.next({ serverMaxDeliver: 2 });
    const alice = await w.requester({ timeoutMs: 1_000 });
    const ended = (call: Promise<unknown>) => call.catch((error: unknown) => error);
    const first = ended(alice.request("order-bagel", "", { id: "1" }));
    const second = ended(alice.request("order-bagel", "", { id: "2", onTimeout: "cancel" }));
    await w.saw("stored", (e) => e.request === "2");
    await giveUp(w, expect);
    await giveUp(w, expect);
    const [kept, cancelled] = await Promise.all([first, second]);
    expect(kept).toBeInstanceOf(RequestTimeoutError);
    expect(kept).toMatchObject({ outcome: "kept", findings: { whereabouts: "stuck", remaining: 2 } });
    expect((kept as Error).message).toMatch(
      /It is stuck: message 1 is in REQUESTS, was delivered as often as max_deliver allowed \(2\), and the server will not deliver it again/,
    );
    expect(cancelled).toMatchObject({ outcome: "stuck", findings: { whereabouts: "stuck" } });
    expect(Object.fromEntries(w.of("timed-out").map((e) => [e.request, [e.whereabouts, e.withdrawn]]))).toEqual({
      1: ["stuck", undefined],
      2: ["stuck", "stuck"],
    });
    const { handle } = kept as RequestTimeoutError;
    expect(await cancel(w.nc, handle)).toEqual({ outcome: "stuck", evidence: expect.any(String) });
    expect(await w.count("REQUESTS")).toBe(2);
    // Its reply may come from one who was slow.
    await w.nc.request("replies.alice.1", "🥯", replyStatus());
    expect(await where(w, handle)).toBe("replied");
  });

  test.concurrent("a stuck request among others is reported once the ack floor has passed it or nothing else is pending", async ({
    expect,
  }) => {
    await using w = await harnesses.next({ serverMaxDeliver: 2 });
    const stuck = await send(w, "stuck");
    await giveUp(w, expect);
    const second = await send(w, "second");
    const ack = await pull(w);
    // It is not known of either which of the two it is.
    for (const handle of [stuck, second]) {
      expect(await locate(w.nc, handle)).toMatchObject({
        where: "unknown",
        evidence: expect.stringMatching(
          /delivered and not ack.*waits for: 1, .*given up \(max_deliver: 2\): 1; it does not say/,
        ),
      });
    }
    // Its responder does not answer cancels.
    expect(await cancel(w.nc, second)).toMatchObject({ outcome: "unknown" });
    await ack?.say("+ACK");
    expect([await where(w, stuck), await where(w, second)]).toEqual(["stuck", "gone"]);
    const third = await send(w, "third");
    await pull(w);
    expect((await info(w)).ack_floor.stream_seq).toBe(second.sequence);
    expect(await where(w, stuck)).toBe("stuck");
    expect(await where(w, third)).toBe("unknown");
    const alice = await w.requester({ timeoutMs: 300, onTimeout: "cancel" });
    const fourth = alice.request("order-bagel").catch((error: unknown) => error);
    await w.saw("stored");
    await pull(w);
    expect(await fourth).toMatchObject({ outcome: "unknown", findings: { whereabouts: "unknown" } });
    await w.jsm.streams.deleteMessage("REQUESTS", stuck.sequence);
    expect([await where(w, stuck), await where(w, third)]).toEqual(["gone", "running"]);
  });

  test.concurrent("a request with one delivery is running first, and then stuck", async ({ expect }) => {
    await using w = await harnesses.next({ serverMaxDeliver: 1 });
    const [one, two] = [await send(w, "one"), await send(w, "two")];
    const hand = await pull(w);
    expect([await where(w, one), await where(w, two)]).toEqual(["running", "queued"]);
    await giveUp(w, expect);
    expect([await where(w, one), await where(w, two)]).toEqual(["unknown", "unknown"]);
    await hand?.say("+ACK");
    expect([await where(w, one), await where(w, two)]).toEqual(["gone", "stuck"]);
    // It stays so where the limit is taken away; made anew, the consumer delivers it again.
    await w.jsm.consumers.update("REQUESTS", "responder", { max_deliver: -1 });
    expect(await pull(w)).toBeUndefined();
    expect(await locate(w.nc, two)).toMatchObject({
      where: "stuck",
      evidence: expect.stringMatching(/max_deliver allowed, and the server will not deliver it again$/),
    });
    const { config } = await info(w);
    await w.jsm.consumers.delete("REQUESTS", "responder");
    await w.jsm.consumers.add("REQUESTS", config);
    expect(await where(w, two)).toBe("queued");
  });

  test.concurrent("a request that waits for its redelivery is not stuck, even if no responder pulls", async ({
    expect,
  }) => {
    await using w = await harnesses.next({ serverMaxDeliver: 3, ackWaitMs: 100 });
    const [delayed, left] = [await send(w, "delayed"), await send(w, "left")];
    await (await pull(w))?.say('-NAK {"delay": 60000000000}');
    await pull(w);
    // Whether its ack wait is over, the server does not tell before it is delivered again.
    await expect.poll(async () => (await pull(w)) !== undefined, soon).toBe(true);
    expect((await info(w)).num_redelivered).toBe(1);
    expect([await where(w, delayed), await where(w, left)]).toEqual(["running", "running"]);
  });

  test.concurrent("the consumer whose filter matches the order is queried", async ({ expect }) => {
    await using w = await harnesses.next();
    const { config } = await info(w);
    await w.jsm.consumers.delete("REQUESTS", "responder");
    for (const [name, order] of Object.entries({ responder: "flatbread", bagels: "bagel" })) {
      const filter_subject = `requests.order-${order}`;
      await w.jsm.consumers.add("REQUESTS", { ...config, name, durable_name: name, filter_subject });
    }
    const bagel = await send(w, "1");
    const flatbread = await send(w, "2", "order-flatbread");
    await pull(w);
    expect([await where(w, bagel), await where(w, flatbread)]).toEqual(["queued", "running"]);
    expect(await where(w, await send(w, "3", "order-soup"))).toBe("queued");
  });

  test.concurrent("a stream that keeps what is acknowledged does not say whether it was", async ({ expect }) => {
    await using w = await harnesses.next(false);
    await w.jsm.streams.add({ name: "REQUESTS", subjects: ["requests.*"], storage: "memory" });
    await w.jsm.streams.add({ name: "REPLIES", subjects: ["replies.*.*"], storage: "memory", allow_direct: true });
    await w.jsm.consumers.add("REQUESTS", { durable_name: "responder", ack_policy: "explicit" });
    const handle = await send(w, "1");
    await (await pull(w))?.say("+ACK");
    expect(await locate(w.nc, handle)).toMatchObject({
      where: "unknown",
      evidence: expect.stringContaining("keeps what is acknowledged"),
    });
  });

  test.concurrent("the trial strategy deletes a timed-out request, stuck or not", async ({ expect }) => {
    await using w = await harnesses.next({ serverMaxDeliver: 1 });
    const alice = await w.requester({ timeoutMs: 1_000, reply: "trial" });
    const call = alice.request("order-bagel").catch((error: unknown) => error);
    await w.saw("stored");
    await giveUp(w, expect);
    expect(await call).toMatchObject({
      findings: { whereabouts: "gone", evidence: expect.stringContaining("was stuck, and was deleted") },
    });
    expect(await w.count("REQUESTS")).toBe(0);
  });
});

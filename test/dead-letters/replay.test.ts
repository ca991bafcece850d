// Dead letters on a real server: listed, sent again, and answered into the first mailbox; killed anywhere in between.
import { headers } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  collect,
  InvalidInputError,
  listDeadLetters,
  NotSetUpError,
  type ResponderOptions,
  RetryLaterError,
  replayDeadLetter,
  StreamFullError,
} from "../../src/index.js";
import { defaultNames } from "../internal/protocol.js";
import { copyToDeadLetters } from "../internal/responder.js";
import { signalOf } from "../support/children.js";
import { jsrr, jsrrHere } from "../support/cli.js";
import { gate, type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";
import { serverLacks } from "../support/server-version.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const handle = (request: string) => ({ requester: "alice", request, stream: "REQUESTS", sequence: 0 });
const cold = () => {
  throw new RetryLaterError("the stove is cold");
};
const counts = async (w: Harness) =>
  Promise.all((["DEAD_LETTERS", "REPLIES", "REQUESTS"] as const).map((stream) => w.count(stream)));

/** A request named by its id that has become a dead letter, and nobody who would take it again. */
async function dead(w: Harness, ...ids: string[]): Promise<void> {
  const bob = await w.responder({ handlers: { "order-stew": cold } });
  const alice = await w.requester();
  for (const id of ids) await alice.request("order-stew", `for ${id}`, { id, timeoutMs: 20_000 });
  await bob.drain();
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
}

const cook = (w: Harness, options: Partial<ResponderOptions> = {}) =>
  w.responder({ name: "carol", handlers: { "order-stew": (r) => `${r.id}: ${r.text} 🍲` }, ...options });

test("dead letters are listed oldest first, with all known fields", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  expect(await listDeadLetters(w.nc)).toEqual([]);
  await dead(w, "one", "two");
  await w.nc.request("dead-letters.x", "somebody else's");
  const [one, two, ...more] = await listDeadLetters(w.nc);
  expect([two?.request, more]).toEqual(["two", []]);
  expect(one).toMatchObject({
    ...{ sequence: 1, request: "one", subject: "requests.order-stew", requestSequence: 1 },
    ...{ deliveries: 1, reason: "the stove is cold", replyTo: "replies.alice.one" },
  });
  expect(new TextDecoder().decode(one?.payload)).toBe("for one");
  expect(one?.time).toBeInstanceOf(Date);
});

test("a replayed request is answered into its first mailbox, under its own id", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  await dead(w, "lunch");
  expect((await collect(w.nc, handle("lunch")))?.status).toBe("dead-lettered");
  const done = await replayDeadLetter(w.nc, 1);
  expect(done).toEqual({ deadLetter: 1, request: "lunch", outcome: "replayed", sequence: 2 });
  expect(await counts(w)).toEqual([0, 0, 1]);
  await cook(w);
  const reply = await collect(w.nc, handle("lunch"), { timeoutMs: 20_000 });
  expect(reply).toMatchObject({ status: "ok", text: "lunch: for lunch 🍲" });
});

test("a replay executes a request that was cancelled at an earlier attempt", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  const failing = gate();
  let works = false;
  const stew = async () => {
    if (!works) await failing.opened.then(cold);
    return "🍲";
  };
  await w.responder({ handlers: { "order-stew": stew } }); // the same one all along: it heard the cancel
  const alice = await w.requester({ timeoutMs: 100, onTimeout: "cancel" });
  const gaveUp = await alice.request("order-stew", "", { id: "lunch" }).catch((e) => e);
  expect(gaveUp.outcome).toBe("already-running");
  failing.open();
  const { sequence } = await w.saw("dead-lettered");
  await w.saw("terminated");
  works = true;
  expect(await replayDeadLetter(w.nc, sequence)).toMatchObject({ outcome: "replayed" });
  await w.saw("replied", (e) => e.status !== "dead-lettered");
  expect(await collect(w.nc, gaveUp.handle)).toMatchObject({ status: "ok", text: "🍲" });
});

const noDeadlines = serverLacks("per-message TTLs, so that no request has a deadline", "2.11.0");

test.skipIf(noDeadlines)("a replay removes the deadline of its request", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  const bob = await w.responder({ handlers: { "order-stew": cold } });
  const alice = await w.requester({ timeoutMs: 1_000, onTimeout: "expire" });
  expect((await alice.request("order-stew", "", { id: "lunch" })).status).toBe("dead-lettered");
  await bob.drain();
  const deadline = Number((await w.jsm.streams.getMessage("DEAD_LETTERS", { seq: 1 }))?.header.get("Request-Deadline"));
  await expect.poll(() => Date.now(), soon).toBeGreaterThan(deadline);
  expect(await replayDeadLetter(w.nc, 1)).toMatchObject({ outcome: "replayed" });
  await cook(w);
  expect(await collect(w.nc, handle("lunch"), { timeoutMs: 20_000 })).toMatchObject({ status: "ok" });
});

test("a replayed request that fails again is a dead letter again, and can be replayed again", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  await dead(w, "lunch");
  await replayDeadLetter(w.nc, 1);
  const bob = await w.responder({ handlers: { "order-stew": cold } });
  await expect.poll(() => counts(w), soon).toEqual([1, 1, 0]);
  await bob.drain();
  const [letter] = await listDeadLetters(w.nc);
  expect(letter).toMatchObject({ sequence: 2, request: "lunch" });
  await replayDeadLetter(w.nc, 2);
  await cook(w);
  const reply = await collect(w.nc, handle("lunch"), { timeoutMs: 20_000 });
  expect(reply?.status).toBe("ok");
});

const anyAddress = { replyAddresses: { allow: ["answers.>"] } };

test("a request of another dialect keeps its headers and is answered in kind", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  const h = headers();
  h.set("x-reply-to", "answers.nest");
  h.set("x-correlation-id", "7");
  await w.nc.request("requests.order-stew", "{}", { headers: h, timeout: 5_000 });
  const bob = await w.responder({ handlers: { "order-stew": cold }, ...anyAddress });
  await w.saw("terminated");
  await bob.drain();
  const answered = new Promise<string>((resolve) => {
    w.nc.subscribe("answers.nest", {
      max: 1,
      callback: (_, msg) => resolve(`${msg.headers?.get("x-correlation-id")} ${msg.string()}`),
    });
  });
  await replayDeadLetter(w.nc, 1);
  await cook(w, anyAddress);
  expect(await answered).toBe('7 "7: {} 🍲"');
});

/** A request that anyone can send, with any headers, and that has become a dead letter. */
async function deadByHand(w: Harness, own: Record<string, string>): Promise<void> {
  const h = headers();
  for (const [name, value] of Object.entries(own)) h.set(name, value);
  await w.nc.request("requests.order-stew", "", { headers: h, timeout: 5_000 });
  const bob = await w.responder({ handlers: { "order-stew": cold } });
  await w.saw("terminated");
  await bob.drain();
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
}

test("a replayed request has its original headers, and none of the server's or of its dead letter", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  const own = { "Reply-To": "replies.alice.lunch", traceparent: "00-1-2-03", "x-nats-note": "a" };
  const note = { "x-dead-letter-note": "b", "Nats-Reply": "replies.alice.trial" };
  await deadByHand(w, { ...own, ...note, "Nats-Msg-Id": "lunch" });
  const [letter] = await listDeadLetters(w.nc);
  await replayDeadLetter(w.nc, 1);
  const replayed = await w.jsm.streams.getMessage("REQUESTS", { seq: 2 });
  const kept = [...(replayed?.header ?? [])].map(([name, values]) => [name, values.join()]);
  expect(Object.fromEntries(kept)).toEqual({
    ...{ ...own, ...note, "Request-Id": "lunch", "Nats-Expected-Stream": "REQUESTS" },
    "Nats-Msg-Id": `replay-1-${letter?.time.getTime()}`,
  });
});

test("a request that expected an empty queue at its first publish is replayed into one that is not", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  const address = { "Reply-To": "replies.alice.lunch", "Nats-Msg-Id": "lunch" };
  await deadByHand(w, { ...address, "Nats-Expected-Last-Sequence": "0" });
  expect(await replayDeadLetter(w.nc, 1)).toMatchObject({ outcome: "replayed", sequence: 2 });
  await cook(w);
  expect(await collect(w.nc, handle("lunch"), { timeoutMs: 20_000 })).toMatchObject({ status: "ok" });
});

test("a replay that another stream would store is refused, and the dead letter stays until REQUESTS stores the request", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  await dead(w, "lunch");
  const { subjects } = (await w.jsm.streams.info("REQUESTS")).config;
  await w.jsm.streams.update("REQUESTS", { subjects: ["requests.order-bagel"] });
  await w.jsm.streams.add({ name: "FOREIGN", subjects: ["requests.order-stew"], storage: "memory" });
  await expect(replayDeadLetter(w.nc, 1)).rejects.toThrow(/expected stream does not match/);
  expect((await w.jsm.streams.info("FOREIGN")).state.messages).toBe(0);
  expect(await w.count("DEAD_LETTERS")).toBe(1);
  await w.jsm.streams.delete("FOREIGN");
  await w.jsm.streams.update("REQUESTS", { subjects });
  expect(await replayDeadLetter(w.nc, 1)).toMatchObject({ outcome: "replayed", sequence: 2 });
  await cook(w);
  expect(await collect(w.nc, handle("lunch"), { timeoutMs: 20_000 })).toMatchObject({ status: "ok" });
});

test("a request with another status by now is not sent again", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  await dead(w, "lunch");
  await w.jsm.streams.deleteMessage("REPLIES", 1);
  await w.nc.request("replies.alice.lunch", "somebody brought soup", { timeout: 5_000 });
  expect(await replayDeadLetter(w.nc, 1)).toEqual({ deadLetter: 1, request: "lunch", outcome: "over" });
  expect(await counts(w)).toEqual([0, 1, 0]);
});

test("the replay of another responder's dead letter sends the request again, though its reply names no dead letter", async () => {
  await using w = await harnesses.next();
  const letter = headers();
  for (const [name, value] of Object.entries({
    ...{ "Dead-Letter-Subject": "requests.order-stew", "Dead-Letter-Request-Id": "lunch", "Dead-Letter-Sequence": "1" },
    ...{
      "Dead-Letter-Reason": "no stove",
      "Dead-Letter-Deliveries": "3",
      "Dead-Letter-Reply-To": "replies.alice.lunch",
    },
    "Reply-To": "replies.alice.lunch",
  }))
    letter.set(name, value);
  await w.nc.request("dead-letters.order-stew", "for lunch", { headers: letter, timeout: 5_000 });
  const reply = headers();
  for (const [name, value] of [
    ["Request-Id", "lunch"],
    ["Reply-Status", "dead-lettered"],
  ])
    reply.set(name as string, value as string);
  await w.nc.request("replies.alice.lunch", "no stove", { headers: reply, timeout: 5_000 });
  expect(await replayDeadLetter(w.nc, 1)).toMatchObject({ request: "lunch", outcome: "replayed" });
  await cook(w);
  const found = await collect(w.nc, handle("lunch"), { timeoutMs: 20_000 });
  expect(found).toMatchObject({ status: "ok", text: "lunch: for lunch 🍲" });
});

test.each(["0", "7", "none", "1e99"])(
  "a replay sends the request again if its dead-lettered reply names %s, which is no dead letter of the request",
  async (named) => {
    await using w = await harnesses.next({ maxDeliver: 1 });
    await w.nc.request("dead-letters.x", "of another kind");
    await dead(w, "lunch");
    const [stored] = await listDeadLetters(w.nc);
    const reply = await w.jsm.streams.getMessage("REPLIES", { seq: 1 });
    await w.jsm.streams.purge("REPLIES");
    const h = headers();
    for (const name of ["Request-Id", "Reply-Status"]) h.set(name, reply?.header.get(name) ?? "");
    h.set("Dead-Letter", named);
    await w.nc.request("replies.alice.lunch", "the stove is cold", { headers: h, timeout: 5_000 });
    expect(await replayDeadLetter(w.nc, stored?.sequence ?? 0)).toMatchObject({ outcome: "replayed" });
    expect(await counts(w)).toEqual([1, 0, 1]);
  },
);

test("a replay leaves the dead-lettered reply of a later dead letter", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  await dead(w, "lunch");
  const first = await w.jsm.streams.getMessage("DEAD_LETTERS", { seq: 1 });
  await replayDeadLetter(w.nc, 1);
  const bob = await w.responder({ handlers: { "order-stew": cold } });
  await expect.poll(() => counts(w), soon).toEqual([1, 1, 0]);
  await bob.drain();
  // As a crash before its deletion would leave it: the first one is there once more, under another sequence.
  const h = headers();
  for (const name of first?.header.keys() ?? [])
    if (!name.startsWith("Nats-")) h.set(name, first?.header.get(name) ?? "");
  await w.nc.request("dead-letters.order-stew", "", { headers: h, timeout: 5_000 });
  expect(await replayDeadLetter(w.nc, 3)).toMatchObject({ outcome: "over" });
  expect(await counts(w)).toEqual([1, 1, 0]);
});

test("a request that a crash left in the queue beside its dead letter runs once", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  const call = (await w.requester()).request("order-stew", "no onions", { id: "lunch", timeoutMs: 20_000 });
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(1);
  const stored = await w.jsm.streams.getMessage("REQUESTS", { seq: 1 });
  const facts = { request: "lunch", subject: "requests.order-stew", sequence: 1, deliveries: 1, reason: "x" };
  const own = { headers: stored?.header, data: stored?.data ?? new Uint8Array() };
  await copyToDeadLetters(w.nc, defaultNames, own, { ...facts, replyTo: "replies.alice.lunch" });
  expect(await replayDeadLetter(w.nc, 1)).toMatchObject({ outcome: "replayed", sequence: 2 });
  expect(await counts(w)).toEqual([0, 0, 1]);
  await cook(w);
  expect((await call).text).toBe("lunch: no onions 🍲");
  expect(w.of("executed")).toHaveLength(1);
});

test("a full queue refuses the replay, and the dead letter and its reply stay", async () => {
  await using w = await harnesses.next({ maxDeliver: 1, maxRequests: 1 });
  await dead(w, "lunch");
  await w.nc.request("requests.order-bagel", "", { timeout: 5_000 });
  await expect(replayDeadLetter(w.nc, 1)).rejects.toThrow(StreamFullError);
  expect(await w.count("DEAD_LETTERS")).toBe(1);
  expect(await collect(w.nc, handle("lunch"))).toMatchObject({ status: "dead-lettered" });
  await w.jsm.streams.purge("REQUESTS");
  expect(await replayDeadLetter(w.nc, 1)).toMatchObject({ outcome: "replayed" });
});

test("a message that is not a dead letter is not replayed", async () => {
  await using w = await harnesses.next();
  await w.nc.request("dead-letters.x", "somebody else's", { timeout: 5_000 });
  const forged = headers();
  forged.set("Dead-Letter-Subject", "$JS.API.STREAM.DELETE.REQUESTS");
  forged.set("Dead-Letter-Request-Id", "1");
  await w.nc.request("dead-letters.x", "", { headers: forged, timeout: 5_000 });
  for (const sequence of [1, 2]) await expect(replayDeadLetter(w.nc, sequence)).rejects.toThrow(/no dead letter/);
  for (const sequence of [3, 0, 1.5, Number.NaN])
    await expect(replayDeadLetter(w.nc, sequence)).rejects.toThrow(InvalidInputError);
  await w.jsm.streams.delete("DEAD_LETTERS");
  await expect(listDeadLetters(w.nc)).rejects.toThrow(NotSetUpError);
  await expect(replayDeadLetter(w.nc, 1)).rejects.toThrow(NotSetUpError);
});

/** Replays in a process of its own that is killed as it is about to send its nth message to the server, or with it sent. */
async function killedReplay(w: Harness, n: number, sent: boolean): Promise<string | null> {
  const dist = new URL("../../dist/", import.meta.url).href;
  const url = harnesses.server.url.replace("//", `//${w.user}:w@`);
  const script = `
    import { replayDeadLetter, openConnection } from "${dist}index.js";
    const nc = await openConnection({ servers: "${url}" });
    const { request } = nc;
    let left = ${n};
    nc.request = async (...args) => {
      if (--left > 0) return request.apply(nc, args);
      if (${sent}) await request.apply(nc, args);
      process.kill(process.pid, "SIGKILL");
    };
    await replayDeadLetter(nc, 1);
    await nc.close();`;
  return signalOf(script);
}

/** As far as a server can tell the same, without a process: at its nth message it does nothing more, not even clean up. */
async function brokenOffReplay(w: Harness, n: number, sent: boolean): Promise<boolean> {
  const nc = await w.connect();
  const { request } = nc;
  const dead = gate();
  let left = n;
  nc.request = async (...args) => {
    if (--left > 0) return request.apply(nc, args);
    if (sent) await request.apply(nc, args);
    dead.open();
    return new Promise(() => {});
  };
  const ended = await Promise.race([replayDeadLetter(nc, 1).then(() => false), dead.opened.then(() => true)]);
  await nc.close();
  return ended;
}

test.each([false, true])(
  "a replay that is interrupted at any step (its message sent: %s) can be repeated without a loss or a duplicate",
  async (sent) => {
    let steps = 0;
    for (let brokenOff = true; brokenOff; ) {
      await using w = await harnesses.next({ maxDeliver: 1 });
      await dead(w, "lunch");
      brokenOff = await brokenOffReplay(w, ++steps, sent);
      const [letters] = await counts(w);
      if (letters) expect(await replayDeadLetter(w.nc, 1)).toMatchObject({ outcome: "replayed" });
      expect(await counts(w)).toEqual([0, 0, 1]);
      const executed = w.of("executed").length;
      await cook(w);
      expect(await collect(w.nc, handle("lunch"), { timeoutMs: 20_000 })).toMatchObject({ status: "ok" });
      expect(w.of("executed").length - executed).toBe(1);
    }
    expect(steps).toBeGreaterThan(5);
  },
  60_000,
);

test("a replay that was killed after it sent the request does not send an answered request again", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  await dead(w, "lunch");
  expect(await killedReplay(w, 7, false)).toBe("SIGKILL");
  expect(await counts(w)).toEqual([1, 0, 1]);
  await cook(w);
  await collect(w.nc, handle("lunch"), { timeoutMs: 20_000 });
  expect(await replayDeadLetter(w.nc, 1)).toMatchObject({ outcome: "over" });
  expect(w.of("executed")).toHaveLength(1);
});

test("jsrr dead-letters lists and replays dead letters", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  await dead(w, "one", "two", "three");
  const env = { NATS_URL: harnesses.server.url.replace("//", `//${w.user}:w@`) };
  const run = (...args: string[]) => jsrrHere(["dead-letters", ...args], { env });
  const listed = await jsrr(["dead-letters", "list"], { env });
  expect(listed).toMatchObject({ code: 0, stderr: "" });
  expect(listed.stdout).toMatch(/^1 {2}\S+Z {2}requests\.order-stew {2}one {2}1 delivery: the stove is cold\n2 /);
  const [first] = JSON.parse((await run("list", "--json")).stdout);
  expect(first).toMatchObject({ sequence: 1, request: "one", bytes: 7, deliveries: 1 });
  expect((await run("replay", "2")).stdout).toBe("2  two  replayed as message 4 of REQUESTS\n");
  expect(await run("replay", "2")).toMatchObject({ code: 4, stderr: expect.stringMatching(/holds no message 2/) });
  const all = JSON.parse((await jsrr(["dead-letters", "replay", "--all", "--json"], { env })).stdout);
  expect(all).toMatchObject([{ deadLetter: 1 }, { deadLetter: 3, outcome: "replayed", sequence: 6 }]);
  expect((await run("list")).stdout).toBe("no dead letters\n");
  for (const wrong of [[], ["1", "--all"], ["0"], ["soon"]])
    expect(await run("replay", ...wrong)).toMatchObject({ code: 4, stdout: "" });
});

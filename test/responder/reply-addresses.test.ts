// To whom a responder replies: an allow-list, and what it never lets in.
import { headers } from "@nats-io/nats-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InvalidInputError } from "../../src/index.js";
import { defaultNames, replyAddresses } from "../internal/protocol.js";
import { type Harnesses, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

describe("a rule for reply addresses", () => {
  const rule = replyAddresses(defaultNames, { allow: ["partner.inbox.>", "a.*.c", "$JS.API.>"] });

  test.each(["partner.inbox.x", "partner.inbox.x.y", "a.b.c", "replies.alice.1", "$KV.REPLIES_KV.alice.1"])(
    "allows %s",
    (address) => expect(rule(address)).toBe(address),
  );

  test.each([
    ...["partner.inbox", "partner.other", "a.b.d", "a.b.c.d", "a.b", "_INBOX.x", "replies.alice"],
    ...["$JS.API.STREAM.PURGE.REPLIES", "requests.order-bagel", "replied.bob.1", "partner.inbox.*"],
  ])("refuses %s", (address) => expect(() => rule(address)).toThrow(InvalidInputError));

  test.each(["", "a..b", ">.a", "a b", "a.b*", 7 as unknown as string])(
    "refuses %j, which is not a subject",
    (subject) => {
      expect(() => replyAddresses(defaultNames, { allow: [subject] })).toThrow(/such as partner\.inbox\.>/);
    },
  );

  test.each(["replies.alice.1", "$KV.REPLIES_KV.alice.1", "_INBOX.x", "_INBOX_alice.x.1"])(
    "allows %s by default",
    (address) => expect(replyAddresses(defaultNames)(address)).toBe(address),
  );

  test.each(["payments.execute", "orders._INBOX.x", "_INBOX", "_inbox.x", "dispatch"])(
    "refuses %s by default",
    (address) => {
      expect(() => replyAddresses(defaultNames)(address)).toThrow("is not among the allowed ones");
      expect(replyAddresses(defaultNames, { allow: [">"] })(address)).toBe(address);
    },
  );

  test("allows by default the inboxes of the responder's own prefix", () => {
    expect(replyAddresses(defaultNames, {}, "mine.own")("mine.own.x")).toBe("mine.own.x");
    expect(() => replyAddresses(defaultNames, {}, "mine.own")("mine.ownx.y")).toThrow("is not among the allowed ones");
  });

  test("allows no inbox with an empty list", () => {
    expect(() => replyAddresses(defaultNames, { allow: [] })("_INBOX.x")).toThrow("is not among the allowed ones");
  });
});

test("a responder without a list publishes no reply to a subject of another service", async () => {
  await using w = await harnesses.next();
  const executed: string[] = [];
  w.nc.subscribe("payments.execute", { callback: (_, msg) => void executed.push(msg.string()) });
  await w.responder({ handlers: { echo: ({ text }) => text } });
  const h = headers();
  h.set("Nats-Msg-Id", "transfer");
  h.set("Reply-To", "payments.execute");
  await w.nc.request("requests.echo", "1000 to alice", { headers: h, timeout: 5_000 });
  expect(await w.saw("terminated")).toMatchObject({
    request: "transfer",
    reason: 'the reply address "payments.execute" is not among the allowed ones',
  });
  const alice = await w.requester();
  expect(await alice.request("echo", "next")).toMatchObject({ text: "next" });
  expect(executed).toEqual([]);
});

test("a responder answers mailboxes and allowed addresses, and terminates any other request before it runs", async () => {
  await using w = await harnesses.next();
  const begun: string[] = [];
  await w.responder({
    handlers: { work: ({ id }) => `${begun.push(id)}` },
    replyAddresses: { allow: ["partner.inbox.>"] },
  });
  const arrived: string[] = [];
  w.nc.subscribe("*.inbox.>", { callback: (_, msg) => void arrived.push(msg.subject) });
  for (const owner of ["partner", "stranger"]) {
    const h = headers();
    h.set("Nats-Msg-Id", owner);
    h.set("Reply-To", `${owner}.inbox.1`);
    await w.nc.request("requests.work", "", { headers: h, timeout: 5_000 });
  }
  const alice = await w.requester();
  await alice.request("work", "", { id: "alice" });
  const reason = 'the reply address "stranger.inbox.1" is not among the allowed ones';
  expect(await w.saw("terminated")).toMatchObject({ request: "stranger", reason });
  expect([arrived, begun]).toEqual([["partner.inbox.1"], ["partner", "alice"]]);
});

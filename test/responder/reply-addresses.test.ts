// To whom a responder replies: an allow-list, and what it never lets in.
import { headers } from "@nats-io/nats-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InvalidInputError } from "../../src/index.js";
import { replyAddresses } from "../internal/protocol.js";
import { type Harnesses, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

describe("a rule for reply addresses", () => {
  const rule = replyAddresses({ allow: ["partner.inbox.>", "a.*.c", "$JS.API.>"] });

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
      expect(() => replyAddresses({ allow: [subject] })).toThrow(/such as partner\.inbox\.>/);
    },
  );

  test("allows by default any subject that is not always refused", () => {
    expect(replyAddresses()("_INBOX.x")).toBe("_INBOX.x");
    expect(() => replyAddresses({ allow: [] })("_INBOX.x")).toThrow("is not among the allowed ones");
  });
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

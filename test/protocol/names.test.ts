import fc from "fast-check";
import { expect, test } from "vitest";
import { InvalidInputError } from "../../src/index.js";
import { defaultNames as names, quote, requireName } from "../internal/protocol.js";
import { anyText } from "../support/any-text.js";

test.each(["order-sandwich", "eu.order-sandwich", "order_1", "🥯", "größe", "a/b:c", "x".repeat(128)])(
  "order %j becomes the subject of a request",
  (order) => {
    expect(names.requestSubject(order)).toBe(`requests.${order}`);
  },
);

test.each([
  "",
  "a b",
  ".",
  "a..b",
  "*",
  "a*",
  ">",
  "a\tb",
  "a\r\nPUB x 0\r\n",
  "a\u0000",
  "a\u0085",
  "a\u00a0b",
  "\ud800",
  "x".repeat(129),
  "x".repeat(10_000),
])("order %j is refused, and the error shows it in short", (order) => {
  expect(() => names.requestSubject(order)).toThrow(InvalidInputError);
  expect(() => names.requestSubject(order)).toThrow(/^Expected the order .{1,200}$/);
});

test.each(["alice", "A-1_b", "x".repeat(64)])("name %j becomes part of a subject unchanged", (name) => {
  expect(requireName("the name", name)).toBe(name);
});

test.each(["", "a.b", "a b", "ä", "🥯", "a*", ">", "a\r\nNats-TTL: 1", "x".repeat(65), "x".repeat(10_000)])(
  "name %j is refused",
  (name) => {
    expect(() => requireName("the request id", name)).toThrow(/^Expected the request id to be .{1,150}$/);
  },
);

test("a mailbox and its republish subject differ only in the first token", () => {
  expect(names.mailboxSubject("alice", "1")).toBe("replies.alice.1");
  expect(names.republishedSubject("alice", "1")).toBe("replied.alice.1");
});

test.each(["_INBOX.abc.1", "replies.alice.42", "my-service.replies", "replies2.x", "x".repeat(1024)])(
  "reply address %j is allowed",
  (address) => {
    expect(names.requireReplyAddress(address)).toBe(address);
  },
);

test.each([
  "",
  "$JS.API.STREAM.DELETE.REQUESTS",
  "$SYS.REQ.SERVER.PING",
  "$JS.ACK.REQUESTS.responder.1.1.1.1.1",
  "requests.order-bagel",
  "requests",
  "replied.alice.1",
  "replies.alice",
  "replies.alice.1.2",
  "replies",
  "replies.*.1",
  "$KV.REPLIES_KV.alice",
  "$KV.REPLIES_KV.alice.1.2",
  "$KV.REPLIES_KV.alice.*",
  "$KV.REPLIES_KV.alice.é",
  "$KV.REPLIES_KV",
  "$KV.OTHER.alice.1",
  "$KV.REPLIES_KVX.alice.1",
  "x.$KV.REPLIES_KV..1",
  "shared-replies",
  "shared-replies.alice.1",
  "a.>",
  "a..b",
  "a\r\nPUB requests.x 0\r\n\r\n",
  "a\u0000b",
  "a\ufffd",
  ".a",
  "a.",
  "a b",
  "x".repeat(1025),
  "x".repeat(10_000),
])("reply address %j is refused", (address) => {
  expect(() => names.requireReplyAddress(address)).toThrow(/^the reply address .{1,80} is not allowed$/);
});

test("every allowed reply address fits on one line of the protocol, outside the server's subjects", () => {
  fc.assert(
    fc.property(anyText(), (address) => {
      try {
        names.requireReplyAddress(address);
      } catch {
        return;
      }
      expect(address).toMatch(/^([^\s$]|\$KV\.REPLIES_KV\.)[^\s]*$/u);
    }),
  );
});

test("a mailbox subject has exactly a requester and a request", () => {
  expect(
    ["replies.a.b", "replies.a", "replies.a.b.c", "replies..b", "x.replies.a.b"].map((subject) =>
      names.isMailbox(subject),
    ),
  ).toEqual([true, false, false, false, false]);
});

test("a quoted value is shortened to one line", () => {
  expect(quote("a\nb")).toBe('"a\\nb"');
  expect(quote("x".repeat(1000))).toHaveLength(62);
});

test.each([
  ["replies.alice.1", "once"],
  ["$KV.REPLIES_KV.alice.1", "once"],
  ["shared-replies.alice", "stored"],
  ["_INBOX.abc.1", undefined],
  ["$KV.OTHER.alice.1", undefined],
  ["shared-replies.alice.1", undefined],
])("a reply to %s is kept: %s", (address, kept) => {
  expect(names.keeping(address)).toBe(kept);
  if (kept) expect(names.requireReplyAddress(address)).toBe(address);
});

test.each<unknown>([undefined, null, 5, ["x"]])(
  "%j is refused as a name and as an order, whatever its declared type",
  (value) => {
    expect(() => requireName("it", value as string)).toThrow(InvalidInputError);
    expect(() => names.requestSubject(value as string)).toThrow(InvalidInputError);
  },
);

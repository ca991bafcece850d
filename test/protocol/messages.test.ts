import { headers, type MsgHdrs } from "@nats-io/nats-core";
import { MsgHdrsImpl } from "@nats-io/nats-core/internal";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  defaultNames,
  kit,
  readReply,
  readReplyTo,
  readRequest,
  replyHeaders,
  requestHeaders,
  statuses,
} from "../internal/protocol.js";
import { anyText } from "../support/any-text.js";

const subject = "requests.order-bagel";
const to = { dialect: kit, replyTo: "replies.alice.1" };
/** As they arrive at the other side. */
const sent = (h: MsgHdrs): MsgHdrs => MsgHdrsImpl.decode((h as unknown as { encode(): Uint8Array }).encode());
const bytes = (text: string) => new TextEncoder().encode(text);

test("a request carries its id, its stream and its reply address", () => {
  const h = sent(requestHeaders(defaultNames)("1", "replies.alice.1"));
  expect(Object.fromEntries(h)).toEqual({
    "Nats-Msg-Id": ["1"],
    "Nats-Expected-Stream": ["REQUESTS"],
    "Reply-To": ["replies.alice.1"],
  });
  expect(readRequest({ subject, headers: h })).toEqual({ id: "1", addressed: { ...to, id: "1" } });
});

test("a field that a foreign request omits is absent", () => {
  expect(readRequest({ subject })).toEqual({});
  expect(readRequest({ subject, headers: headers() })).toEqual({});
});

test("an ok reply has no error, and a stored reply is create-only", () => {
  expect(Object.fromEntries(sent(replyHeaders(to, "1", "ok", "", true)))).toEqual({
    "Request-Id": ["1"],
    "Reply-Status": ["ok"],
    "Nats-Expected-Last-Subject-Sequence": ["0"],
  });
  expect(sent(replyHeaders(to, "1", "ok", "", false)).has("Nats-Expected-Last-Subject-Sequence")).toBe(false);
});

test("other statuses carry ADR-32's error headers", () => {
  const error = sent(replyHeaders(to, "1", "error", "out of bagels", true));
  expect([error.get("Nats-Service-Error"), error.get("Nats-Service-Error-Code")]).toEqual(["out of bagels", "500"]);
  const rejected = sent(replyHeaders(to, "1", "rejected", "no such order", true));
  expect(rejected.get("Nats-Service-Error-Code")).toBe("404");
});

test("an error text of a handler is shortened to one line of a header", () => {
  fc.assert(
    fc.property(anyText(600), (text) => {
      const h = replyHeaders(to, "1", "error", `${text}\r\nReply-Status: ok`, true);
      const lines = new TextDecoder().decode((h as unknown as { encode(): Uint8Array }).encode()).split(/[\r\n]+/);
      expect(lines.filter((line) => line.startsWith("Reply-Status"))).toEqual(["Reply-Status: error"]);
      expect([...sent(h).get("Nats-Service-Error")].length).toBeLessThanOrEqual(200);
    }),
  );
});

test("a shortened error text does not end in half a character", () => {
  const h = sent(replyHeaders(to, "1", "error", "🥯".repeat(300), true));
  expect(h.get("Nats-Service-Error")).toBe("🥯".repeat(200));
});

test("a reply is parsed with its status", () => {
  for (const status of statuses) {
    const reply = readReply({ headers: sent(replyHeaders(to, "1", status, "x", true)), data: bytes("🥪") });
    expect(reply).toMatchObject({ status, text: "🥪" });
  }
});

test.each(statuses)("a header that is added to a reply is also on one with status %s", (status) => {
  const h = sent(replyHeaders(to, "1", status, "x", true, [["Dead-Letter", "7"]]));
  expect([h.get("Request-Id"), h.get("Reply-Status"), h.get("Dead-Letter")]).toEqual(["1", status, "7"]);
});

test("a message in a mailbox is parsed as the reply of its request, or as the reason why it is not", () => {
  const data = bytes("🥪");
  const ours = { headers: sent(replyHeaders(to, "1", "ok", "", true)), data };
  expect(readReplyTo("1", ours)).toMatchObject({ status: "ok", text: "🥪" });
  expect(readReplyTo("2", ours)).toBe('its header Request-Id is "1"');
  expect(readReplyTo("1", { data })).toBe("it has no header Reply-Status");
});

test("a foreign reply is ok unless it carries an ADR-32 error", () => {
  expect(readReply({ data: bytes("x") }).status).toBe("ok");
  const h = headers();
  h.set("Nats-Service-Error-Code", "400");
  expect(readReply({ headers: h, data: bytes("x") }).status).toBe("error");
  h.set("Reply-Status", "perhaps");
  expect(readReply({ headers: h, data: bytes("x") }).status).toBe("error");
});

test("bytes that are not text are kept unchanged", () => {
  const data = new Uint8Array([0xff, 0x00]);
  const { status, data: payload, text } = readReply({ data });
  expect({ status, payload, text }).toEqual({ status: "ok", payload: data, text: "\ufffd\u0000" });
});

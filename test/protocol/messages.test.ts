import { headers, type MsgHdrs } from "@nats-io/nats-core";
import { MsgHdrsImpl } from "@nats-io/nats-core/internal";
import fc from "fast-check";
import { expect, test } from "vitest";
import { kit, readReply, readRequest, replyHeaders, requestHeaders, statuses } from "../internal/protocol.js";
import { anyText } from "../support/any-text.js";

const subject = "requests.order-bagel";
const to = { dialect: kit, replyTo: "replies.alice.1" };
/** As they arrive at the other side. */
const sent = (h: MsgHdrs): MsgHdrs => MsgHdrsImpl.decode((h as unknown as { encode(): Uint8Array }).encode());
const bytes = (text: string) => new TextEncoder().encode(text);

test("a request carries its id, its stream and its reply address", () => {
  const h = sent(requestHeaders("1", "replies.alice.1"));
  expect(Object.fromEntries(h)).toEqual({
    "Nats-Msg-Id": ["1"],
    "Nats-Expected-Stream": ["REQUESTS"],
    "Reply-To": ["replies.alice.1"],
  });
  expect(readRequest({ subject, headers: h })).toEqual({ id: "1", addressed: { ...to, id: "1" } });
});

test("what a foreign request leaves out is absent", () => {
  expect(readRequest({ subject })).toEqual({});
  expect(readRequest({ subject, headers: headers() })).toEqual({});
});

test("an ok reply has no error; stored ones are create-only", () => {
  expect(Object.fromEntries(sent(replyHeaders(to, "1", "ok", "", true)))).toEqual({
    "Request-Id": ["1"],
    "Reply-Status": ["ok"],
    "Nats-Expected-Last-Subject-Sequence": ["0"],
  });
  expect(sent(replyHeaders(to, "1", "ok", "", false)).has("Nats-Expected-Last-Subject-Sequence")).toBe(false);
});

test("other statuses carry ADR-32's error headers", () => {
  const error = replyHeaders(to, "1", "error", "out of bagels", true);
  expect([error.get("Nats-Service-Error"), error.get("Nats-Service-Error-Code")]).toEqual([
    "out of bagels",
    "500",
  ]);
  expect(replyHeaders(to, "1", "rejected", "no such order", true).get("Nats-Service-Error-Code")).toBe("404");
});

test("whatever a handler throws stays on one line of a header, short, and is sent", () => {
  fc.assert(
    fc.property(anyText(600), (text) => {
      const h = replyHeaders(to, "1", "error", `${text}\r\nReply-Status: ok`, true);
      const lines = new TextDecoder()
        .decode((h as unknown as { encode(): Uint8Array }).encode())
        .split(/[\r\n]+/);
      expect(lines.filter((line) => line.startsWith("Reply-Status"))).toEqual(["Reply-Status: error"]);
      expect([...h.get("Nats-Service-Error")].length).toBeLessThanOrEqual(200);
    }),
  );
});

test("a shortened error text does not end in half a character", () => {
  expect(replyHeaders(to, "1", "error", "🥯".repeat(300), true).get("Nats-Service-Error")).toBe(
    "🥯".repeat(200),
  );
});

test("a reply is read back with its status", () => {
  for (const status of statuses) {
    const reply = readReply({ headers: sent(replyHeaders(to, "1", status, "x", true)), data: bytes("🥪") });
    expect(reply).toMatchObject({ status, text: "🥪" });
  }
});

test("a foreign reply is ok unless it carries an ADR-32 error", () => {
  expect(readReply({ data: bytes("x") }).status).toBe("ok");
  const h = headers();
  h.set("Nats-Service-Error-Code", "400");
  expect(readReply({ headers: h, data: bytes("x") }).status).toBe("error");
  h.set("Reply-Status", "perhaps");
  expect(readReply({ headers: h, data: bytes("x") }).status).toBe("error");
});

test("bytes that are no text are kept as they are", () => {
  const data = new Uint8Array([0xff, 0x00]);
  const { status, data: payload, text } = readReply({ data });
  expect({ status, payload, text }).toEqual({ status: "ok", payload: data, text: "\ufffd\u0000" });
});

// Headers as bytes: the same on the wire as the client's own, and read the same, or not at all.
import { headers, type MsgHdrs } from "@nats-io/nats-core";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { encodedHeaders, headerBlock, readHeader, valueIn } from "../internal/protocol.js";
import { startTestServer } from "../support/server.js";

const server = await startTestServer();
afterAll(() => server[Symbol.asyncDispose]());

const bytesOf = (h: MsgHdrs) => (h as unknown as { encode(): Uint8Array }).encode();
const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter((t) => !/[\p{Cc}\ufffd]/u.test(t));

test("the encoded block has the bytes of the client's own headers", () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      const own = headers();
      own.set("Reply-To", a.trim());
      own.set("Nats-Msg-Id", b.trim());
      const encoded = encodedHeaders(["Reply-To", a.trim()], ["Nats-Msg-Id", b.trim()]);
      expect(Buffer.from(bytesOf(encoded)).toString()).toBe(Buffer.from(bytesOf(own)).toString());
    }),
  );
});

test.each(["a\rb", "a\nb", "a\r\nReply-Status: ok"])("a value with a line break is refused: %j", (value) => {
  expect(() => encodedHeaders(["Request-Id", value])).toThrow(/Expected the header Request-Id to be one line/);
});

test("a received message has the values that were encoded", async () => {
  const nc = await server.connect();
  const arrived = nc.subscribe("a", { max: 1 });
  nc.publish("a", "payload", { headers: encodedHeaders(["Reply-To", "replies.alice.é"], ["Empty", ""]) });
  for await (const msg of arrived) {
    expect(msg.headers?.get("Reply-To")).toBe("replies.alice.é");
    expect(readHeader(msg, "Reply-To")).toBe("replies.alice.é");
    for (const name of ["Empty", "Absent", "reply-to"]) expect(readHeader(msg, name)).toBeUndefined();
    expect(msg.string()).toBe("payload");
  }
});

test.each([
  ["a reply subject", "c.1", "payload", "back"],
  ["no reply subject", "c.1", "payload", undefined],
  ["no payload", "c.1", "", "back"],
  ["a payload of several packets", "c.1", "x".repeat(300_000), "back"],
  ["a payload that looks like headers", "c.1", "NATS/1.0\r\nA: 2\r\n\r\n", "back"],
])("the block of a message with %s equals what was sent", async (_, subject, payload, reply) => {
  const nc = await server.connect();
  const arrived = nc.subscribe("c.*", { max: 3 });
  const h = encodedHeaders(["A", "1"], ["B", "né"]);
  for (let n = 0; n < 3; n++) nc.publish(subject, payload, { headers: h, ...(reply ? { reply } : {}) });
  for await (const msg of arrived) expect(headerBlock(msg)).toBe("NATS/1.0\r\nA: 1\r\nB: né\r\n\r\n");
});

test("a block that cannot be found by its length is parsed by the client", async () => {
  const nc = await server.connect();
  const arrived = nc.subscribe("e.*", { max: 1 });
  nc.publish("e.né", "payload", { headers: encodedHeaders(["A", "1"]) });
  for await (const msg of arrived) {
    expect(headerBlock(msg)).toBeUndefined(); // a subject that is not ASCII has fewer characters than bytes
    expect(readHeader(msg, "A")).toBe("1");
    const elsewhere = { subject: "e.1", data: new Uint8Array(7), size: () => 200 };
    expect(headerBlock(elsewhere)).toBeUndefined();
  }
});

test("a value with control characters is parsed by the client", () => {
  expect(valueIn("NATS/1.0\r\nReply-To: a\nb\r\n\r\n", "Reply-To")).toBeUndefined();
});

test("a message without headers has no value, whatever its payload looks like", async () => {
  const nc = await server.connect();
  const arrived = nc.subscribe("b", { max: 1 });
  nc.publish("b", "\r\nReply-To: replies.alice.1\r\n");
  for await (const msg of arrived) {
    expect(readHeader(msg, "Reply-To")).toBeUndefined();
    expect(headerBlock(msg)).toBeUndefined();
  }
});

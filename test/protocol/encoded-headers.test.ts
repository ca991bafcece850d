// Headers as bytes: the same on the wire as the client's own, and read the same, or not at all.
import { headers, type MsgHdrs } from "@nats-io/nats-core";
import { MsgHdrsImpl } from "@nats-io/nats-core/internal";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { encodedHeaders, headerBlock, valueIn } from "../internal/protocol.js";
import { startTestServer } from "../support/server.js";

const server = await startTestServer();
afterAll(() => server[Symbol.asyncDispose]());

const bytesOf = (h: MsgHdrs) => (h as unknown as { encode(): Uint8Array }).encode();
const text = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
  .filter((t) => !/[\p{Cc}\ufffd]/u.test(t));

test("the bytes are those of the client's own headers", () => {
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

test.each(["a\rb", "a\nb", "a\r\nReply-Ending: ok"])("a value with a line break is refused: %j", (value) => {
  expect(() => encodedHeaders(["Request-Id", value])).toThrow(
    /Expected the header Request-Id to be one line/,
  );
});

test("a received message is read as the client reads it", async () => {
  const nc = await server.connect();
  const arrived = nc.subscribe("a", { max: 1 });
  nc.publish("a", "payload", { headers: encodedHeaders(["Reply-To", "replies.alice.é"], ["Empty", ""]) });
  for await (const msg of arrived) {
    const block = headerBlock(msg) ?? "";
    expect(valueIn(block, "Reply-To")).toBe("replies.alice.é");
    expect(msg.headers?.get("Reply-To")).toBe("replies.alice.é");
    expect([valueIn(block, "Empty"), valueIn(block, "Absent"), valueIn(block, "reply-to")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(msg.string()).toBe("payload");
  }
});

test("a message without headers has no block, and neither has anything else", async () => {
  const nc = await server.connect();
  const arrived = nc.subscribe("b", { max: 1 });
  nc.publish("b", "\r\nReply-To: replies.alice.1\r\n");
  for await (const msg of arrived) expect(headerBlock(msg)).toBeUndefined();
  expect(headerBlock({ headers: new MsgHdrsImpl() })).toBeUndefined();
});

test("a value with control characters is left to the client's own reading", () => {
  expect(valueIn("NATS/1.0\r\nReply-To: a\nb\r\n\r\n", "Reply-To")).toBeUndefined();
});

// Headers as bytes: the same on the wire as the client's own, and read the same, or not at all.
import { headers, type MsgHdrs } from "@nats-io/nats-core";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { encodedHeaders } from "../../src/protocol/encoded-headers.js";
import { readHeader } from "../../src/protocol/messages.js";
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

test("a message without headers has no value, whatever its payload looks like", async () => {
  const nc = await server.connect();
  const arrived = nc.subscribe("b", { max: 1 });
  nc.publish("b", "\r\nReply-To: replies.alice.1\r\n");
  for await (const msg of arrived) expect(readHeader(msg, "Reply-To")).toBeUndefined();
});

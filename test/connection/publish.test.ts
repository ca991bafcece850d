// Publishing with a checked payload: on the wire it is what the client sends, and what the client refuses stays refused.
import { runInNewContext } from "node:vm";
import { headers, type MsgHdrs } from "@nats-io/nats-core";
import { afterAll, expect, test } from "vitest";
import { InvalidInputError } from "../../src/index.js";
import { publish } from "../internal/connection.js";
import { encodedHeaders } from "../internal/protocol.js";
import { startTestServer } from "../support/server.js";

const server = await startTestServer();
afterAll(() => server[Symbol.asyncDispose]());

/** The client's own headers, which have no text to be sent. */
function clientHeaders(): MsgHdrs {
  const own = headers();
  own.set("A", "1");
  return own;
}

test.each([
  ["text", "word", encodedHeaders(["A", "1"])],
  ["text that is not ASCII", "🥪 né", encodedHeaders(["A", "1"])],
  ["bytes", new Uint8Array([0, 255, 13, 10]), encodedHeaders(["A", "1"])],
  ["nothing", "", encodedHeaders(["A", "1"])],
  ["a header that is not ASCII", "word", encodedHeaders(["A", "né"])],
  ["the client's own headers", "word", clientHeaders()],
  ["no headers", "word", undefined],
  ["no headers and not ASCII", "né", undefined],
])("%s arrives as the client would have sent it", async (_, payload, h) => {
  await using nc = await disposable();
  const arrived = nc.subscribe("s.*", { max: 2 });
  nc.publish("s.1", payload, { ...(h ? { headers: h } : {}), reply: "back" });
  const before = nc.stats();
  publish(nc, "s.1", payload, h, "back");
  const seen: unknown[] = [];
  for await (const msg of arrived) {
    seen.push([msg.subject, msg.reply, Buffer.from(msg.data).toString("hex"), msg.headers?.get("A")]);
  }
  expect(seen[1]).toEqual(seen[0]);
  const { outMsgs, outBytes } = nc.stats();
  expect([before.outMsgs, outMsgs, outBytes]).toEqual([1, 2, 2 * before.outBytes]);
});

test("a payload that is too large and a publish after the close are refused with the client's errors", async () => {
  await using nc = await disposable();
  const large = new Uint8Array((nc.info?.max_payload ?? 0) + 1);
  expect(() => publish(nc, "s.1", large)).toThrow(/max_payload/);
  await nc.close();
  expect(() => publish(nc, "s.1", "x")).toThrow(/closed/);
});

test.each([[null], [undefined], [5], [{ a: 1 }], [[1, 2]], [new ArrayBuffer(4)], [new Uint16Array(2)]])(
  "the payload %j is refused, and other publishes on the connection continue",
  async (payload) => {
    await using nc = await disposable();
    const h = encodedHeaders(["A", "1"]);
    expect(() => publish(nc, "s.1", payload as unknown as string, h)).toThrow(InvalidInputError);
    await nc.flush();
    expect(nc.isClosed()).toBe(false);
  },
);

test("bytes of another realm, as some test runners have them, are accepted as a payload", async () => {
  await using nc = await disposable();
  const arrived = nc.subscribe("r.1", { max: 1 });
  publish(nc, "r.1", runInNewContext("new Uint8Array([1, 2, 3])"), encodedHeaders(["A", "1"]));
  for await (const msg of arrived) expect([...msg.data]).toEqual([1, 2, 3]);
});

async function disposable() {
  const nc = await server.connect();
  return Object.assign(nc, { [Symbol.asyncDispose]: () => nc.close() });
}

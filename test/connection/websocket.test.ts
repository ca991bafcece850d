// A connection over a websocket: every frame that leaves the process holds the client's protocol, and no other byte.
import { EventEmitter, once } from "node:events";
import { type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Requester, Responder } from "../../src/index.js";
import { publish } from "../internal/connection.js";
import { encodedHeaders } from "../internal/protocol.js";
import { type Harness, type Harnesses, startHarnesses } from "../support/harness.js";
import { websocketUrl } from "../support/websocket.js";

let harnesses: Harnesses;
let url: string;
beforeAll(async () => {
  harnesses = await startHarnesses(`websocket { listen: "127.0.0.1:-1", no_tls: true }`);
  url = await websocketUrl(harnesses.server);
});
afterAll(() => harnesses[Symbol.asyncDispose]());

/** Bytes of the process that have nothing to do with NATS. Node keeps small Buffers in one pool. */
const secret = "Authorization: Bearer tok_OTHER_CUSTOMER";
const secrets: Buffer[] = [];
const keepSecret = () => secrets.push(Buffer.from(secret));

test("a frame of the requester contains the request and no other memory of the process", async () => {
  await using w = await harnesses.next();
  await w.responder({ handlers: { echo: (request) => request.data } });
  await using ws = await connectWebsocket(w);
  const alice = await Requester.open(ws.nc, { name: "alice" });
  for (const payload of ["text", "🥪 né", "", Buffer.from("pooled"), new Uint8Array([0, 13, 10, 255])]) {
    keepSecret();
    const [asked] = await Promise.allSettled([alice.request("echo", payload)]);
    ws.published(); // a frame that leaks is the reason when no reply came
    expect(asked).toMatchObject({ status: "fulfilled", value: { text: Buffer.from(payload).toString() } });
  }
  await alice.close();
  const requests = ws.published().filter(({ subject }) => subject === "requests.echo");
  expect(requests.map(({ payload }) => payload)).toEqual(["text", "🥪 né", "", "pooled", "\0\r\n\ufffd"]);
});

test("a frame of the sender contains the request and no other memory of the process", async () => {
  await using w = await harnesses.next();
  await using ws = await connectWebsocket(w);
  const sender = await Requester.open(ws.nc, { sendOnly: true, name: "alice" });
  keepSecret();
  await sender.send("order-bagel", Buffer.from("sesame"));
  await sender.close();
  expect(ws.published().filter(({ subject }) => subject === "requests.order-bagel")).toHaveLength(1);
});

test.each(["mailbox", "inbox"] as const)(
  "a frame of the responder contains the %s reply or the ack, and no other memory of the process",
  async (reply) => {
    await using w = await harnesses.next();
    await using ws = await connectWebsocket(w);
    const answers = ["text", "🥪 né", Buffer.from("pooled")];
    const handlers = { next: () => answers.shift() as string | Buffer };
    const bob = await Responder.start(ws.nc, { name: "bob", handlers, ackDelayMs: 0, observe: w.observe });
    const alice = await w.requester({ reply });
    for (const text of ["text", "🥪 né", "pooled"]) {
      keepSecret();
      const [asked] = await Promise.allSettled([alice.request("next")]);
      ws.published();
      expect(asked).toMatchObject({ status: "fulfilled", value: { text } });
    }
    await bob.drain();
    const published = ws.published();
    const replies = published.filter(({ head }) => head.includes("Reply-Status: ok"));
    expect(replies.map(({ payload }) => payload)).toEqual(["text", "🥪 né", "pooled"]);
    expect(published.filter(({ payload }) => payload === "+ACK")).toHaveLength(3);
  },
);

test("the frame of a single publish is as long as its protocol line says", async () => {
  await using w = await harnesses.next(false);
  await using ws = await connectWebsocket(w);
  const publishes = [
    () => publish(ws.nc, "a.1", "text", encodedHeaders(["A", "1"]), "back"),
    () => publish(ws.nc, "a.2", Buffer.from("pooled")),
    () => publish(ws.nc, "a.3", ""),
    () => publish(ws.nc, "a.4", "+ACK"),
    // The client's own publish: an argument that is a view into a pool is copied.
    () => ws.nc.publish("a.6", Buffer.from("pooled")),
    () => ws.nc.publish("a.7"),
  ];
  for (const send of publishes) {
    keepSecret();
    send();
    await once(ws.sent, "frame"); // a flush would add its PING, and the client copies what it joins
  }
  expect(ws.published().map(({ subject, payload }) => `${subject} ${payload}`)).toEqual([
    "a.1 text",
    "a.2 pooled",
    "a.3 ",
    "a.4 +ACK",
    "a.6 pooled",
    "a.7 ",
  ]);
});

interface Published {
  subject: string;
  head: string;
  payload: string;
}

async function connectWebsocket(w: Harness) {
  const frames: Buffer[] = [];
  const sent = new EventEmitter();
  class RecordedWebSocket extends WebSocket {
    override send(data: Buffer | ArrayBuffer): void {
      const bytes = Buffer.from(data as ArrayBuffer);
      frames.push(Buffer.from(bytes)); // what leaves later must not change it
      super.send(data);
      sent.emit("frame");
    }
  }
  const wsFactory = async (address: string) => ({
    socket: new RecordedWebSocket(address) as unknown as globalThis.WebSocket,
    encrypted: false,
  });
  const nc: NatsConnection = await wsconnect({ servers: url, user: w.user, pass: "w", wsFactory });
  return {
    nc,
    sent,
    /** All messages that were published. Fails where a frame holds anything else than whole commands. */
    published(): Published[] {
      expect(frames.length).toBeGreaterThan(0);
      for (const frame of frames) expect(frame.includes(secret)).toBe(false);
      return frames.flatMap(messagesIn);
    },
    [Symbol.asyncDispose]: () => nc.close(),
  };
}

/** Reads one command after the other until the frame ends. @throws Error for a byte that belongs to none. */
function messagesIn(frame: Buffer): Published[] {
  const messages: Published[] = [];
  for (let at = 0; at < frame.length; ) {
    const end = frame.indexOf("\r\n", at);
    const line = frame.toString("utf8", at, end < 0 ? undefined : end);
    if (end < 0 || !/^(CONNECT|PING|PONG|SUB|UNSUB|PUB|HPUB)\b/.test(line)) {
      throw new Error(`Byte ${at} of a frame of ${frame.length} bytes belongs to no command.`);
    }
    at = end + 2;
    const [verb, subject = "", ...lengths] = line.split(" ");
    if (verb !== "PUB" && verb !== "HPUB") continue;
    const size = Number(lengths.at(-1));
    const head = verb === "HPUB" ? Number(lengths.at(-2)) : 0;
    if (frame.toString("latin1", at + size, at + size + 2) !== "\r\n") throw new Error(`${line} is cut off.`);
    messages.push({
      subject,
      head: frame.toString("utf8", at, at + head),
      payload: frame.toString("utf8", at + head, at + size),
    });
    at += size + 2;
  }
  return messages;
}

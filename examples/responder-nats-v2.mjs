// A responder with nothing but the `nats` v2 client. What it has to do, and why: docs/protocol.md.
import { connect, headers } from "nats";

const menu = { "order-sandwich": "🥪", "order-bagel": "🥯", "order-flatbread": "🥙", __proto__: null };
const allowed = /^(replies\.[\w-]+\.[\w=-]+|_INBOX\.[\w.-]+)$/; // the address is the sender's word
const nc = await connect({ servers: process.env.NATS_URL ?? "nats://127.0.0.1:4222" });
const js = nc.jetstream();
const consumer = await js.consumers.get("REQUESTS", "responder");

for await (const msg of await consumer.consume({ max_messages: 10 })) await answer(msg);

async function answer(msg) {
  const address = msg.headers?.get("Reply-To") ?? "";
  if (!allowed.test(address)) return msg.term(); // with a reason, a server before 2.10.4 goes on with it
  const order = msg.subject.slice("requests.".length);
  const dish = menu[order];
  const text = dish ?? `no such order: ${order}`;
  const reply = headers();
  reply.set("Request-Id", msg.headers.get("Request-Id") || msg.headers.get("Nats-Msg-Id")); // the first where it is replayed
  if (msg.headers.has("Request-Subject")) reply.set("Request-Subject", msg.headers.get("Request-Subject"));
  reply.set("Reply-Status", dish ? "ok" : "rejected");
  if (!dish) reply.set("Nats-Service-Error", text);
  if (!dish) reply.set("Nats-Service-Error-Code", "404");
  const stored = address.startsWith("replies.");
  if (stored) reply.set("Nats-Expected-Last-Subject-Sequence", "0"); // create-only: the first reply wins
  try {
    if (stored) await js.publish(address, text, { headers: reply });
    else nc.publish(address, text, { headers: reply });
    dish ? msg.ack() : msg.term(); // only now: the reply is stored
  } catch (error) {
    // 10071: another reply was first. 10097: its id is too long for a reply. Whatever else it was, the request comes again.
    const settle = { 10071: () => msg.ack(), 10097: () => msg.term() }[error.api_error?.err_code];
    settle ? settle() : msg.nak(1000);
  }
}

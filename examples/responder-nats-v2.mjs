// A responder with nothing but the `nats` v2 client. What it has to do, and why: docs/protocol.md.
import { connect, headers, StringCodec } from "nats";

const menu = new Map([
  ["order-sandwich", "🥪"],
  ["order-bagel", "🥯"],
  ["order-flatbread", "🥙"],
]);
const allowed = /^(replies\.[\w-]+\.[\w-]+|_INBOX\.[\w.-]+)$/; // the address is the sender's word
const text = StringCodec();
const nc = await connect({ servers: process.env.NATS_URL ?? "nats://127.0.0.1:4222" });
const js = nc.jetstream();
const consumer = await js.consumers.get("REQUESTS", "responder");

for await (const msg of await consumer.consume({ max_messages: 10 })) {
  const address = msg.headers?.get("Reply-To") ?? "";
  if (!allowed.test(address)) {
    msg.term(); // with a reason a server before 2.10.4 does not take it for a termination
    continue;
  }
  const order = msg.subject.slice("requests.".length);
  const [dish, refusal] = [menu.get(order), `no such order: ${order}`];
  const reply = headers();
  reply.set("Request-Id", msg.headers?.get("Nats-Msg-Id") ?? "");
  reply.set("Reply-Ending", dish ? "ok" : "rejected");
  if (!dish) reply.set("Nats-Service-Error", refusal);
  if (!dish) reply.set("Nats-Service-Error-Code", "404");
  const stored = address.startsWith("replies.");
  if (stored) reply.set("Nats-Expected-Last-Subject-Sequence", "0"); // create-only: the first reply wins
  try {
    if (stored) await js.publish(address, text.encode(dish ?? refusal), { headers: reply });
    else nc.publish(address, text.encode(dish ?? refusal), { headers: reply });
    if (dish)
      msg.ack(); // only now: the reply is stored
    else msg.term();
  } catch (error) {
    const code = error.api_error?.err_code;
    if (code === 10071)
      msg.ack(); // another reply was first
    else if (code === 10097)
      msg.term(); // its id is too long for the headers of a reply
    else msg.nak(1000); // whatever it was, the request comes again
  }
}

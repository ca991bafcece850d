// A requester with nothing but the `nats` v2 client: `node requester-nats-v2.mjs order-bagel`. See docs/protocol.md.
import { randomUUID } from "node:crypto";
import { connect, headers, StringCodec } from "nats";

const [order = "order-sandwich", timeout = "5000", id = randomUUID()] = process.argv.slice(2);
const deadline = Date.now() + Number(timeout);
const text = StringCodec();
const nc = await connect({ servers: process.env.NATS_URL ?? "nats://127.0.0.1:4222", maxReconnectAttempts: -1 });
const js = nc.jetstream();
const jsm = await js.jetstreamManager(false);
const mailbox = `replies.v2.${id}`;

const look = () => jsm.direct.getMessage("REPLIES", { last_by_subj: mailbox }).catch(() => undefined);
const stored = async () => look().then((msg) => msg && { headers: msg.header, data: msg.data });

// Listen first: the reply may be there before the PubAck.
const replied = nc.subscribe(`replied.v2.${id}`, { max: 1, timeout: Number(timeout) });
const arrived = (async () => {
  for await (const msg of replied) return { headers: msg.headers, data: msg.data };
})().catch(() => undefined); // in time, or not
// What is republished while the connection is down does not arrive: the mailbox has it.
const reconnected = (async () => {
  for await (const { type } of nc.status()) {
    const reply = type === "reconnect" && (await stored());
    if (reply) return reply;
  }
})();
await nc.flush();

const request = headers();
request.set("Nats-Msg-Id", id); // sent again with the same id, it is stored once
request.set("Nats-Expected-Stream", "REQUESTS");
request.set("Reply-To", mailbox);
let reply;
let stillUnknown = true;
while (stillUnknown && !reply && Date.now() < deadline) {
  try {
    const ack = await js.publish(`requests.${order}`, text.encode("sesame"), { headers: request, timeout: 1000 });
    stillUnknown = false;
    console.log(`${id}: message ${ack.seq} in REQUESTS${ack.duplicate ? ", sent before" : ""}`);
    if (ack.duplicate) reply = await stored(); // it was republished only once
  } catch (error) {
    if (error.api_error || error.code === "503") throw error; // nothing is stored
    reply = await stored(); // without a PubAck it may be stored, and answered: else it is sent again
  }
}
reply ??= (await Promise.race([arrived, reconnected])) ?? (await stored());
if (reply) console.log(`${reply.headers.get("Reply-Status")} ${text.decode(reply.data)}`);
else console.log(`no reply yet: come back for ${mailbox}`);
await nc.close();

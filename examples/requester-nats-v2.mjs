// A requester with nothing but the `nats` v2 client: `node requester-nats-v2.mjs order-bagel`. See docs/protocol.md.
import { randomUUID } from "node:crypto";
import { connect, headers, StringCodec } from "nats";

const [order = "order-sandwich", timeout = "5000", id = randomUUID()] = process.argv.slice(2);
const text = StringCodec();
const nc = await connect({ servers: process.env.NATS_URL ?? "nats://127.0.0.1:4222" });
const js = nc.jetstream();
const jsm = await js.jetstreamManager(false);
const mailbox = `replies.v2.${id}`;

// Listen first: the reply may be there before the PubAck.
const replied = nc.subscribe(`replied.v2.${id}`, { max: 1, timeout: Number(timeout) });
const arrived = (async () => {
  for await (const msg of replied) return { headers: msg.headers, data: msg.data };
})().catch(() => undefined); // in time, or not
const request = headers();
request.set("Nats-Msg-Id", id); // sent again with the same id, it is stored once
request.set("Nats-Expected-Stream", "REQUESTS");
request.set("Reply-To", mailbox);
const { seq, duplicate } = await js.publish(`requests.${order}`, text.encode("sesame"), { headers: request });
console.log(`${id}: message ${seq} in REQUESTS${duplicate ? ", sent before" : ""}`);

// A duplicate's reply may be stored already; after a time-out it is the mailbox that knows.
const look = () => jsm.direct.getMessage("REPLIES", { last_by_subj: mailbox }).catch(() => undefined);
const stored = async () => look().then((msg) => msg && { headers: msg.header, data: msg.data });
const reply = (duplicate && (await stored())) || (await arrived) || (await stored());
if (reply) console.log(`${reply.headers.get("Reply-Status")} ${text.decode(reply.data)}`);
else console.log(`no reply yet: come back for ${mailbox}`);
await nc.close();

// What people write by hand with the client's own calls: an awaited `js.publish`, the reply's address in a header,
// `consume()` as it comes, one ack for each request.
import { jetstream } from "@nats-io/jetstream";
import { createInbox, headers, type NatsConnection, nuid } from "@nats-io/nats-core";
import { type Client, order, plainConnection, type Row } from "./row.js";
import { purgeReplies, setUpStreams } from "./streams.js";

export const naive: Row = {
  about: "js.publish() awaited, reply to an inbox in a header, consume() and ack()",
  connect: plainConnection,
  setup: setUpStreams,
  clean: purgeReplies,
  respond: async (nc, answer) => {
    const consumer = await jetstream(nc).consumers.get("REQUESTS", "responder");
    const messages = await consumer.consume();
    const working = (async () => {
      for await (const msg of messages) {
        nc.publish(msg.headers?.get("Reply-To") ?? "", answer);
        msg.ack();
      }
    })();
    return {
      [Symbol.asyncDispose]: async () => {
        await messages.close();
        await working;
      },
    };
  },
  open,
};

async function open(nc: NatsConnection): Promise<Client> {
  const js = jetstream(nc);
  const inbox = createInbox();
  const waiting = new Map<string, () => void>();
  const subscription = nc.subscribe(`${inbox}.*`, {
    callback: (_, msg) => {
      const id = msg.subject.slice(inbox.length + 1);
      waiting.get(id)?.();
      waiting.delete(id);
    },
  });
  await nc.flush();
  const request = async (payload: Uint8Array) => {
    const id = nuid.next();
    const replied = new Promise<void>((resolve) => waiting.set(id, resolve));
    const h = headers();
    h.set("Reply-To", `${inbox}.${id}`);
    await js.publish(`requests.${order}`, payload, { headers: h, msgID: id });
    await replied;
  };
  return { request, [Symbol.asyncDispose]: async () => subscription.unsubscribe() };
}

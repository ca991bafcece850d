// The least that a client can do for an inbox or a mailbox: the same messages, written by hand, and nothing else. No
// time-outs, no errors, no statuses, nothing checked. What is left over core is what the server costs. `unconfirmed` is the
// inbox without what makes it sure: no PubAck, and no id that the server would know a duplicate by.
import { createInbox, type Msg, type MsgHdrs, type NatsConnection } from "@nats-io/nats-core";
import { order, plainConnection, type Row } from "./row.js";
import { purgeReplies, setUpStreams } from "./streams.js";

type Kind = "inbox" | "mailbox" | "unconfirmed";

export const floor = (kind: Kind): Row => ({
  about:
    kind === "unconfirmed"
      ? "the inbox's by hand without PubAck and id: a loss is not noticed"
      : "those messages written by hand, nothing checked: the server's share",
  connect: plainConnection,
  setup: setUpStreams,
  clean: purgeReplies,
  respond: (nc, answer) => respond(nc, answer, kind),
  open: (nc) => open(nc, kind),
});

async function open(nc: NatsConnection, kind: Kind) {
  const inbox = createInbox();
  const waiting = new Map<string, () => void>();
  let count = 0;
  const replied = (_: unknown, { subject }: { subject: string }) => {
    const id = subject.slice(subject.lastIndexOf(".") + 1);
    waiting.get(id)?.();
    waiting.delete(id);
  };
  nc.subscribe(`${inbox}.ack.*`, { callback: () => {} });
  nc.subscribe(kind === "mailbox" ? "replied.alice.*" : `${inbox}.reply.*`, { callback: replied });
  await nc.flush();
  const request = (payload: Uint8Array) =>
    new Promise<void>((resolve) => {
      const id = `${inbox.slice(-22)}${++count}`;
      waiting.set(id, resolve);
      const to = kind === "mailbox" ? `replies.alice.${id}` : `${inbox}.reply.${id}`;
      if (kind === "unconfirmed") {
        nc.publish(`requests.${order}`, payload, { headers: block(`Reply-To: ${to}`) });
        return;
      }
      const headers = block(`Nats-Msg-Id: ${id}\r\nNats-Expected-Stream: REQUESTS\r\nReply-To: ${to}`);
      nc.publish(`requests.${order}`, payload, { reply: `${inbox}.ack.${id}`, headers });
    });
  return { request, [Symbol.asyncDispose]: async () => {} };
}

async function respond(nc: NatsConnection, answer: Uint8Array, kind: Kind) {
  const inbox = createInbox();
  const acks = acksTogether(nc);
  const pull = pulling(nc, inbox);
  let count = 0;
  const unconfirmed = new Map<string, string>();
  nc.subscribe(`${inbox}.ack.*`, {
    callback: (_, { subject }) => {
      const id = subject.slice(inbox.length + 5);
      acks(unconfirmed.get(id) ?? "");
      unconfirmed.delete(id);
    },
  });
  nc.subscribe(inbox, {
    callback: (_, msg) => {
      if (!pull.took(msg.subject)) return;
      const { id, to } = addressOf(msg);
      const headers = block(`Request-Id: ${id}\r\nReply-Status: ok`);
      if (kind !== "mailbox") {
        nc.publish(to, answer, { headers });
        acks(msg.reply ?? "");
      } else {
        unconfirmed.set(String(++count), msg.reply ?? "");
        const createOnly = block(`Request-Id: ${id}\r\nReply-Status: ok\r\nNats-Expected-Last-Subject-Sequence: 0`);
        nc.publish(to, answer, { reply: `${inbox}.ack.${count}`, headers: createOnly });
      }
    },
  });
  pull.ask();
  await nc.flush();
  return { [Symbol.asyncDispose]: async () => {} };
}

/** Read in place, where `open` wrote them: the server keeps the order of the headers. */
function addressOf(msg: Msg): { id: string; to: string } {
  const { data } = msg;
  const length =
    (msg as unknown as { size(): number }).size() - msg.subject.length - (msg.reply?.length ?? 0) - data.length;
  const at = data.byteOffset - length;
  if (whole.buffer !== data.buffer) whole = Buffer.from(data.buffer);
  const text = whole.toString("latin1", at, data.byteOffset);
  const to = text.lastIndexOf("Reply-To: ") + 10;
  const address = text.slice(to, text.indexOf("\r", to));
  return { id: address.slice(address.lastIndexOf(".") + 1), to: address };
}

let whole: Buffer = Buffer.alloc(0);

/** Pull requests for 1,000, one after the other. */
function pulling(nc: NatsConnection, inbox: string) {
  let left = 0;
  const ask = () => {
    left = 1000;
    const next = JSON.stringify({ batch: left, expires: 30e9 });
    nc.publish("$JS.API.CONSUMER.MSG.NEXT.REQUESTS.responder", next, { reply: inbox });
  };
  /** Whether a request came; a status ends the pull. */
  const took = (subject: string) => {
    const status = subject === inbox;
    if (status || --left === 0) ask();
    return !status;
  };
  return { ask, took };
}

const ack = new TextEncoder().encode("+ACK");

/** Acks go out together: 64 of them, or after 5 ms, as the kit's do. */
function acksTogether(nc: NatsConnection) {
  const due: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const send = () => {
    clearTimeout(timer);
    for (const subject of due) nc.publish(subject, ack); // one write: the client sends what one turn of the event loop publishes
    due.length = 0;
  };
  return (subject: string) => {
    const length = due.push(subject);
    if (length === 1) timer = setTimeout(send, 5);
    if (length === 64) send();
  };
}

const block = (lines: string) => {
  const bytes = Buffer.from(`NATS/1.0\r\n${lines}\r\n\r\n`, "latin1");
  return { encode: () => bytes } as unknown as MsgHdrs;
};

// Wire events: what the link of an external responder shows, read from the bytes of the protocol.
import { expect, test } from "vitest";
import { checks, type EventBody } from "../internal/history.js";
import { OperationReader } from "../internal/link.js";
import { defaultNames } from "../internal/protocol.js";
import { WireEvents } from "../internal/runner.js";
import { by, history, onWire, repliesRead, requested, stored } from "../support/history.js";

const block = (...lines: string[]) => `NATS/1.0\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
const delivery = (count: number) => {
  const h = block("Nats-Msg-Id: r1", "Reply-To: replies.alice.r1");
  return `HMSG requests.tea 1 $JS.ACK.REQUESTS.responder.${count}.1.1.1.0 ${h.length} ${h.length}\r\n${h}\r\n`;
};
const reply = (inbox: string) => {
  const h = block("Request-Id: r1", "Reply-Status: ok", "Nats-Expected-Last-Subject-Sequence: 0");
  return `HPUB replies.alice.r1 ${inbox} ${h.length} ${h.length + 4}\r\n${h}done\r\n`;
};
const ack = (count: number, word: string) =>
  `PUB $JS.ACK.REQUESTS.responder.${count}.1.1.1.0 ${word.length}\r\n${word}\r\n`;
const refusal = JSON.stringify({
  error: { code: 400, err_code: 10071, description: "wrong last sequence: 1" },
  stream: "REPLIES",
  seq: 0,
});

test("a reply whose PubAck is lost with the connection may be stored: it is no phantom", () => {
  const events: EventBody[] = [];
  const link = new WireEvents({
    names: defaultNames,
    credentials: undefined,
    record: (event) => events.push(event),
    kill: () => {},
  });
  const connection = { clientPort: 1 };
  const pass = (direction: "to-server" | "to-client", text: string) => {
    for (const operation of new OperationReader().read(Buffer.from(text)))
      link.operation(operation, direction, connection);
  };
  pass("to-server", "CONNECT {}\r\n");
  pass("to-client", delivery(1));
  pass("to-server", reply("_INBOX.1"));
  link.closed(connection);
  pass("to-server", "CONNECT {}\r\n");
  pass("to-server", ack(1, "-NAK"));
  pass("to-client", delivery(2));
  pass("to-server", reply("_INBOX.2"));
  pass("to-client", `MSG _INBOX.2 1 ${refusal.length}\r\n${refusal}\r\n`);
  pass("to-server", ack(2, "+ACK"));

  expect(events.map(({ type }) => type)).toEqual([
    ...["delivered", "disconnected", "reply-refused", "reconnected"],
    ...["returned", "delivered", "reply-refused", "acked"],
  ]);
  const read = repliesRead({ request: "r1", status: "ok", payload: "done", subject: "replies.alice.r1", sequence: 1 });
  const recorded = history(requested("r1"), stored("r1"), ...events.map((event) => onWire(by("bob", event))), read);
  expect(checks["no-phantom-replies"].judge(recorded)).toMatchObject({ verdict: "held" });
});

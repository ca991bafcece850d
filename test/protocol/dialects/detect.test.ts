// Which dialect a message is taken for, and what is read of it.
import { headers } from "@nats-io/nats-core";
import { expect, test } from "vitest";
import { detect, dialects } from "../../internal/protocol.js";
import { received } from "./wire.js";

const ackAddress = "$JS.ACK.REQUESTS.responder.1.5.5.1700000000000000000.0";

type Row = [what: string, headers: Record<string, string>, expected: string | undefined, reply?: string];

/** As `<dialect> <reply address> <id>`, or undefined. */
function heard(record: Record<string, string>, reply = ackAddress): string | undefined {
  const addressed = detect({ subject: "requests.order-sandwich", headers: received(record), reply });
  return addressed && [addressed.dialect.name, addressed.replyTo, addressed.id ?? "-"].join(" ");
}

const rows: Row[] = [
  ["kit", { "Nats-Msg-Id": "r1", "Reply-To": "to" }, "kit to r1"],
  ["kit without an id", { "Reply-To": "to" }, "kit to -"],
  ["nestjs 2", { "x-correlation-id": "r1", "x-reply-to": "to", "Nats-Msg-Id": "other" }, "nestjs-jetstream to r1"],
  ["nestjs 2 in core mode", { "x-subject": "s", "x-caller-name": "c" }, "nestjs-jetstream _INBOX.1 -", "_INBOX.1"],
  ["nestjs 2, an event", { "x-subject": "s", "x-caller-name": "c" }, undefined],
  ["nestjs 1", { "correlation-id": "r1", "reply-to": "to", "message-id": "m" }, "nestjs-jetstream-1 to r1"],
  ["quarkus", { REPLY_CORRELATION_ID: "r1", REPLY_SUBJECT: "to" }, "quarkus to r1"],
  ["quarkus, later", { "message.correlation-id": "r1", "message.reply-subject": "to" }, "quarkus-message to r1"],
  ["trial", { "Nats-Reply": "to" }, "trial to -"],
  ["trial with a message id", { "Nats-Reply": "to", "Nats-Msg-Id": "r1" }, "trial to r1"],
  ["core", {}, "core _INBOX.1 -", "_INBOX.1"],
  ["core, with headers of its own", { "Nats-Msg-Id": "r1" }, "core _INBOX.1 -", "_INBOX.1"],

  ["kit and nestjs in one message", { "x-reply-to": "nest", "Reply-To": "to" }, "kit to -"],
  ["nestjs and the trial", { "Nats-Reply": "trial", "x-reply-to": "to" }, "nestjs-jetstream to -"],
  ["quarkus, both spellings", { "message.reply-subject": "new", REPLY_SUBJECT: "old" }, "quarkus old -"],
  ["a header before the message's own reply", { "Nats-Reply": "to" }, "trial to -", "_INBOX.1"],
  ["ids of one with the address of another", { "x-correlation-id": "r1", "Nats-Reply": "to" }, "trial to -"],

  ["an empty address", { "Reply-To": "" }, undefined],
  ["an empty address before one of another dialect", { "Reply-To": " ", "Nats-Reply": "to" }, "trial to -"],
  ["an empty id", { "Nats-Msg-Id": "", "Reply-To": "to" }, "kit to -"],
  ["an id without an address", { "Nats-Msg-Id": "r1" }, undefined],
  ["unknown headers", { "X-Reply-Subject": "to" }, undefined],
  ["another case of letters", { "REPLY-TO": "to", "X-Reply-To": "to" }, undefined],
  ["an ack address with domain and account", {}, undefined, "$JS.ACK.hub.acc.REQUESTS.c.1.5.5.17.0.x"],
  ["no reply at all", {}, undefined, ""],
];

test.each(rows)("%s", (_, record, expected, reply) => expect(heard(record, reply)).toBe(expected));

test("a message without headers has a dialect only if its reply subject is an inbox", () => {
  expect(detect({ subject: "s", reply: ackAddress })).toBeUndefined();
  expect(detect({ subject: "s" })).toBeUndefined();
  expect(detect({ subject: "s", reply: "_INBOX.1" })?.dialect.name).toBe("core");
});

test("the first value of a repeated header counts", () => {
  const h = headers();
  h.append("Reply-To", "first");
  h.append("Reply-To", "second");
  expect(detect({ subject: "s", headers: h })?.replyTo).toBe("first");
});

test("the kit's dialect is recognised by the first header that is looked up", () => {
  const h = received({ "Nats-Msg-Id": "r1", "Reply-To": "to" });
  const asked: string[] = [];
  const get = h.get.bind(h);
  h.get = (name) => {
    asked.push(name);
    return get(name);
  };
  detect({ subject: "s", headers: h });
  expect(asked).toEqual(["Reply-To", "Request-Id", "Nats-Msg-Id"]);
});

test("headers of another client are read through their interface", () => {
  const h = { get: (name: string) => (name === "Reply-To" ? "to" : "") } as never;
  expect(detect({ subject: "s", headers: h })).toMatchObject({ replyTo: "to" });
});

test("no two dialects share a name", () => {
  const names = dialects.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

// What each dialect puts on the wire, to the byte.
import { describe, expect, test } from "vitest";
import {
  core,
  type Dialect,
  dialects,
  kit,
  nestjs,
  nestjs1,
  quarkus,
  quarkusMessage,
  trial,
} from "../../internal/protocol.js";
import { wire } from "./wire.js";

const failed = ["Nats-Service-Error: out of bread", "Nats-Service-Error-Code: 500"];
const rejected = ["Nats-Service-Error: out of bread", "Nats-Service-Error-Code: 404"];
const java = "message.type: java.lang.String";

interface Golden {
  dialect: Dialect;
  request: string[];
  ok: string[];
  error: string[];
  rejected: string[];
}

const golden: Golden[] = [
  {
    dialect: kit,
    request: ["Nats-Msg-Id: r1", "Nats-Expected-Stream: REQUESTS", "Reply-To: to.alice"],
    ok: ["Request-Id: r1", "Reply-Status: ok"],
    error: ["Request-Id: r1", "Reply-Status: error", ...failed],
    rejected: ["Request-Id: r1", "Reply-Status: rejected", ...rejected],
  },
  {
    dialect: nestjs,
    request: ["Nats-Msg-Id: r1", "x-correlation-id: r1", "x-reply-to: to.alice"],
    ok: ["x-correlation-id: r1"],
    error: ["x-correlation-id: r1", "x-error: true", ...failed],
    rejected: ["x-correlation-id: r1", "x-error: true", ...rejected],
  },
  {
    dialect: nestjs1,
    request: ["Nats-Msg-Id: r1", "correlation-id: r1", "reply-to: to.alice"],
    ok: ["correlation-id: r1"],
    error: ["correlation-id: r1", ...failed],
    rejected: ["correlation-id: r1", ...rejected],
  },
  {
    dialect: quarkus,
    request: ["Nats-Msg-Id: r1", "REPLY_CORRELATION_ID: r1", "REPLY_SUBJECT: to.alice"],
    ok: ["REPLY_CORRELATION_ID: r1", java],
    error: ["REPLY_CORRELATION_ID: r1", java, ...failed],
    rejected: ["REPLY_CORRELATION_ID: r1", java, ...rejected],
  },
  {
    dialect: quarkusMessage,
    request: ["Nats-Msg-Id: r1", "message.correlation-id: r1", "message.reply-subject: to.alice"],
    ok: ["message.correlation-id: r1", java],
    error: ["message.correlation-id: r1", java, ...failed],
    rejected: ["message.correlation-id: r1", java, ...rejected],
  },
  { dialect: trial, request: ["Nats-Msg-Id: r1", "Nats-Reply: to.alice"], ok: [], error: failed, rejected },
  { dialect: core, request: [], ok: [], error: failed, rejected },
];

/** No header at all is no byte at all: the client then sends a message without headers. */
const framed = (lines: string[]) => (lines.length > 0 ? ["NATS/1.0", ...lines, "", ""] : [""]);

describe.each(golden)("$dialect.name", ({ dialect, request, ...statuses }) => {
  test("a request has its golden bytes", () =>
    expect(wire(dialect.requestHeaders("r1", "to.alice"))).toEqual(framed(request)));

  test.each(["ok", "error", "rejected"] as const)("a reply %s has its golden bytes", (status) => {
    const headers = dialect.replyHeaders({ id: "r1" }, status, "out of bread");
    expect(wire(headers)).toEqual(framed(statuses[status]));
  });
});

test("every dialect has its golden bytes, in the order of detection", () => {
  expect(golden.map(({ dialect }) => dialect.name)).toEqual(dialects.map(({ name }) => name));
});

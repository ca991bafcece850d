// Whatever the id, the address and the text: what one side writes, the other reads, and no header ends early.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { detect, dialects, readReply } from "../../internal/protocol.js";
import { anyText } from "../../support/any-text.js";
import { decoded, ownReplyHeaders, received, record, wire } from "./wire.js";

/** What the kit calls a request, and what other clients might: printable, no blanks at the ends (headers are trimmed). */
const id = fc.string({ unit: fc.constantFrom(..."abcXYZ019-_.:/ é🥪"), minLength: 1, maxLength: 64 }).filter(isTrimmed);
const address = fc
  .array(fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/), { minLength: 1, maxLength: 5 })
  .map((tokens) => tokens.join("."));
const status = fc.constantFrom("ok" as const, "error" as const, "rejected" as const);

function isTrimmed(text: string): boolean {
  return text === text.trim();
}

describe.each(dialects.map((dialect) => ({ name: dialect.name, dialect })))("$name", ({ name, dialect }) => {
  /** A core request's address goes with the publish; core and trial replies are told apart by where they arrive. */
  const sentWith = (to: string) => (name === "core" ? { reply: to } : {});
  const namesRequests = name !== "core";
  const namesReplies = namesRequests && name !== "trial";

  test("a request is read as it was written, by its own dialect and by detection", () => {
    fc.assert(
      fc.property(id, address, (request, to) => {
        const msg = { subject: "s", headers: decoded(dialect.requestHeaders(request, to)), ...sentWith(to) };
        const expected = { replyTo: to, ...(namesRequests ? { id: request } : {}) };
        for (const read of [dialect.read(msg), detect(msg)]) {
          expect(read?.dialect).toBe(dialect);
          expect(read).toMatchObject(expected);
        }
      }),
    );
  });

  test("a reply has the headers of its dialect, and ADR-32 names its failure", () => {
    fc.assert(
      fc.property(id, status, anyText(), (request, how, text) => {
        const headers = decoded(dialect.replyHeaders({ id: request }, how, text));
        const { "Nats-Service-Error": reason, ...others } = record(headers);
        const code = how === "error" ? "500" : "404";
        const failed = how === "ok" ? {} : { "Nats-Service-Error-Code": [code] };
        expect(others).toEqual({ ...ownReplyHeaders[name]?.(request, how), ...failed });
        expect(reason?.length).toBe(how === "ok" ? undefined : 1);
        expect(readReply({ headers, data: new Uint8Array() }).status).toBe(how);
      }),
    );
  });

  test("no text can begin a header of its own", () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        const nasty = `${text}\r\nReply-Status: ok\n${text}`;
        const [plain, made] = ["x", nasty].map((t) => wire(dialect.replyHeaders({ id: "r1" }, "error", t)));
        expect(made).toHaveLength(plain?.length as number);
        expect(made?.join("")).not.toMatch(/[\r\n]/);
      }),
    );
  });

  test.each(["r\r\n1", "r\n1", "r\r1"])("an id or an address with a line break is refused: %j", (broken) => {
    if (namesRequests) expect(() => dialect.requestHeaders(broken, "to")).toThrow(/\\r or \\n/);
    if (namesRequests) expect(() => dialect.requestHeaders("r1", broken)).toThrow(/\\r or \\n/);
    if (namesReplies) expect(() => dialect.replyHeaders({ id: broken }, "ok", "")).toThrow(/\\r or \\n/);
  });

  test("a reply to a request without an id names no id", () => {
    expect(wire(dialect.replyHeaders({}, "ok", "")).join()).not.toMatch(/-id|correlation/i);
  });
});

test("a status that this version does not know is judged by the service headers", () => {
  const headers = received({ "Request-Id": "r1", "Reply-Status": "later", "Nats-Service-Error-Code": "500" });
  expect(readReply({ headers, data: new Uint8Array() }).status).toBe("error");
});

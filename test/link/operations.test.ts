// The NATS client protocol, read in pieces of any size.
import { describe, expect, test } from "vitest";
import { type Operation, OperationReader } from "../internal/link.js";

const headers = "NATS/1.0\r\nReply-To: replies.alice.1\r\n\r\n";
const wire = [
  'CONNECT {"verbose":false}\r\n',
  "PUB requests.tea _INBOX.1 5\r\nhello\r\n",
  `HPUB requests.tea ${headers.length} ${headers.length + 4}\r\n${headers}🥪\r\n`,
  'MSG _INBOX.1 7 28\r\n{"stream":"REQUESTS","seq":1\r\n',
  `HMSG requests.tea 3 $JS.ACK.REQUESTS.responder.1.1.1.1.0 ${headers.length} ${headers.length}\r\n${headers}\r\n`,
  "PUB empty 0\r\n\r\n",
  "PUB crlf 4\r\n\r\n\r\n\r\n",
  "ping\r\n",
].join("");
const bytes = Buffer.from(wire);

function readInPieces(size: number): Operation[] {
  const reader = new OperationReader();
  const operations: Operation[] = [];
  for (let at = 0; at < bytes.length; at += size) operations.push(...reader.read(bytes.subarray(at, at + size)));
  return operations;
}

describe("an operation reader", () => {
  test.each([1, 2, 3, 7, 64, bytes.length])("reads the same operations from pieces of %i bytes", (size) => {
    const operations = readInPieces(size);
    expect(
      operations.map(({ verb, subject, replyTo, payload }) => [verb, subject, replyTo, payload?.toString()]),
    ).toEqual([
      ["CONNECT", undefined, undefined, undefined],
      ["PUB", "requests.tea", "_INBOX.1", "hello"],
      ["HPUB", "requests.tea", undefined, "🥪"],
      ["MSG", "_INBOX.1", undefined, '{"stream":"REQUESTS","seq":1'],
      ["HMSG", "requests.tea", "$JS.ACK.REQUESTS.responder.1.1.1.1.0", ""],
      ["PUB", "empty", undefined, ""],
      ["PUB", "crlf", undefined, "\r\n\r\n"],
      ["PING", undefined, undefined, undefined],
    ]);
    expect(operations[2]?.headers?.get("Reply-To")).toBe("replies.alice.1");
  });

  test("gives every byte back, in order", () => {
    expect(Buffer.concat(readInPieces(5).map((one) => one.bytes)).equals(bytes)).toBe(true);
  });

  test("passes what is no NATS protocol, such as TLS, unread", () => {
    const reader = new OperationReader();
    const hello = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]);
    expect(reader.read(hello)).toEqual([{ verb: "", bytes: hello }]);
    expect(reader.unreadable).toBe(true);
    expect(reader.read(Buffer.from("PING\r\n"))).toHaveLength(1);
  });
});

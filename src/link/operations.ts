// Operations: reads the NATS client protocol from the bytes of one direction of a connection.
import { type MsgHdrs, MsgHdrsImpl } from "@nats-io/nats-core";

/** One operation of the protocol, e.g. a PUB or a MSG, with its bytes as they travel. */
export interface Operation {
  /** In upper case: `PUB`, `HPUB`, `MSG`, `HMSG`, `CONNECT`, `SUB`, `PING`, ... */
  verb: string;
  bytes: Buffer;
  /** This and the next three: only of a message. */
  subject?: string;
  replyTo?: string;
  headers?: MsgHdrs;
  payload?: Buffer;
}

const lineEnd = "\r\n";
/** The server's `max_control_line` is 4096 by default; a longer line is no line of the protocol. */
const longestLine = 65_536;

/** Bytes may come in pieces of any size. @see https://docs.nats.io/reference/reference-protocols/nats-protocol */
export class OperationReader {
  /** Set when the bytes are no NATS protocol, e.g. those of a TLS session: everything passes unread from then on. */
  unreadable = false;
  #rest: Buffer = Buffer.alloc(0);

  /** The operations that are complete now. What is unreadable is one operation without a verb. */
  read(bytes: Buffer): Operation[] {
    if (this.unreadable) return [{ verb: "", bytes }];
    const data = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    const operations: Operation[] = [];
    let at = 0;
    for (let next = operationAt(data, at); next; next = operationAt(data, at)) {
      operations.push(next);
      at += next.bytes.length;
      if (next.verb !== "") continue;
      this.unreadable = true;
      break;
    }
    this.#rest = data.subarray(at);
    return operations;
  }
}

/** Undefined until it is complete. */
function operationAt(data: Buffer, start: number): Operation | undefined {
  if (start >= data.length) return undefined;
  const end = data.indexOf(lineEnd, start);
  const first = data[start] as number;
  const legible = (first >= 0x41 && first <= 0x7a) || first === 0x2b || first === 0x2d; // a letter, "+" or "-"
  if (!legible || (end < 0 && data.length - start > longestLine)) return { verb: "", bytes: data.subarray(start) };
  if (end < 0) return undefined;
  const words = data.toString("utf8", start, end).trim().split(/\s+/);
  const verb = (words[0] as string).toUpperCase();
  const bodyAt = end + lineEnd.length;
  const message = messageOf(verb, words);
  if (message === undefined) return { verb, bytes: data.subarray(start, bodyAt) };
  const { subject, replyTo, headerBytes, size } = message;
  const bodyEnd = bodyAt + size;
  if (data.length < bodyEnd + lineEnd.length) return undefined;
  return {
    ...{ verb, subject, replyTo, bytes: data.subarray(start, bodyEnd + lineEnd.length) },
    headers: headerBytes > 0 ? MsgHdrsImpl.decode(data.subarray(bodyAt, bodyAt + headerBytes)) : undefined,
    payload: data.subarray(bodyAt + headerBytes, bodyEnd),
  };
}

/** `PUB subject [reply] size`, `HPUB subject [reply] headers size`, and with a subscription id after the subject `MSG` and `HMSG`. */
function messageOf(verb: string, words: readonly string[]) {
  if (!/^H?(PUB|MSG)$/.test(verb)) return undefined;
  const sizes = verb.startsWith("H") ? 2 : 1;
  const names = words.slice(1, -sizes);
  const [headerBytes, size] = (sizes === 2 ? words.slice(-2) : ["0", words.at(-1)]).map(Number);
  const replyTo = names[verb.endsWith("MSG") ? 2 : 1];
  return { subject: names[0] as string, replyTo, headerBytes: headerBytes as number, size: size as number };
}

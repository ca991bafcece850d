// A header block written and read as it travels, for the hot path. The client's own headers cost ten times as much: it
// compares and copies all names for each one that is set, and takes all of a message's headers apart to read one.
import type { MsgHdrs } from "@nats-io/nats-core";
import { InvalidInput } from "./errors.js";

type Pair = readonly [name: string, value: string];

/**
 * For a publish, which asks headers for nothing but `encode()`: nothing else is there.
 * @throws InvalidInput for a value with a line break: what follows it would be read as another header.
 */
export function encodedHeaders(...pairs: readonly Pair[]): MsgHdrs {
  let text = "NATS/1.0\r\n";
  for (const [name, value] of pairs) {
    if (/[\r\n]/.test(value)) {
      throw new InvalidInput(`Expected the header ${name} to be one line, got ${JSON.stringify(value)}.`);
    }
    text += `${name}: ${value}\r\n`;
  }
  const encode = () => Buffer.from(`${text}\r\n`);
  return { encode } as unknown as MsgHdrs;
}

/** The client's own insides; where they are otherwise, headers are read the client's way. */
interface Insides {
  _rdata?: unknown;
  _msg?: { hdr?: number };
}

/** The text of a received message's headers; undefined where there are none, or they are not where they were. */
export function headerBlock(msg: object): string | undefined {
  const { _rdata, _msg } = msg as Insides;
  const length = _msg?.hdr ?? -1;
  if (length <= 0 || !(_rdata instanceof Uint8Array)) return undefined;
  return Buffer.from(_rdata.buffer, _rdata.byteOffset, length).toString();
}

/** The first value of a header, spelled exactly so; undefined when it is absent, empty, or not plain text on one line. */
export function valueIn(block: string, name: string): string | undefined {
  const at = block.indexOf(`\r\n${name}:`);
  if (at < 0) return undefined;
  const start = at + name.length + 3;
  const value = block.slice(start, block.indexOf("\r\n", start)).trim();
  return value === "" || /[\p{Cc}\ufffd]/u.test(value) ? undefined : value;
}

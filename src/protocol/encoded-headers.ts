// A header block written as it travels, for the hot path. The client's own headers cost ten times as much: it compares and
// copies all names for each one that is set.
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
    if (value.includes("\n") || value.includes("\r")) {
      throw new InvalidInput(`Expected the header ${name} to be one line, got ${JSON.stringify(value)}.`);
    }
    text += `${name}: ${value}\r\n`;
  }
  return new Encoded(`${text}\r\n`) as unknown as MsgHdrs;
}

class Encoded {
  readonly #bytes: Uint8Array;

  constructor(text: string) {
    this.#bytes = Buffer.from(text);
  }

  encode(): Uint8Array {
    return this.#bytes;
  }
}

/** What follows the last dot of a received message's subject. */
export const lastTokenOf = ({ subject }: { readonly subject: string }): string =>
  subject.slice(subject.lastIndexOf(".") + 1);

/** The text of a payload. Bytes that are not UTF-8 show as U+FFFD, and a mark of the byte order (BOM) is left out. */
export const payloadText = (data: Uint8Array): string =>
  data[0] === 0xef ? utf8.decode(data) : asText(data);

const utf8 = new TextDecoder();

/** What a socket gives is a Buffer, and so is a part of it: its text is read in place. */
const asText = (bytes: Uint8Array): string =>
  (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)).toString();

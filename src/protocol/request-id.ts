// Request id: 22 random characters that cannot be computed from other ids.

const characters = new TextEncoder().encode("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
const idLength = 22;

/** Ids are made 512 at a time: one call of the random number generator for each id would cost more than the id. */
const bytes = new Uint8Array(512 * idLength);
const random = new Uint8Array(2 * bytes.length);
const ascii = new TextDecoder("latin1");
let pool = "";
let used = 0;

/**
 * A new request id: 22 letters and digits, 130 bits from the system's random number generator. The client's NUIDs count upwards by a
 * constant step, so a requester that knows two of them can forge replies to the next ones.
 */
export function newRequestId(): string {
  if (used === pool.length) fillPool();
  used += idLength;
  return pool.slice(used - idLength, used);
}

function fillPool(): void {
  for (let filled = 0; filled < bytes.length; ) {
    crypto.getRandomValues(random);
    for (const byte of random) {
      const at = byte & 63; // 62 and 63 are left out, so that each character is equally likely
      if (at < characters.length && filled < bytes.length) bytes[filled++] = characters[at] as number;
    }
  }
  pool = ascii.decode(bytes);
  used = 0;
}

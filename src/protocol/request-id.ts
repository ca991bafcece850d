// Request id: 22 random characters that cannot be computed from other ids.
import { randomFillSync } from "node:crypto";

const characters = Buffer.from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
const idLength = 22;

/** Ids are made 512 at a time: one call of the random number generator for each id would cost more than the id. */
const pool = Buffer.alloc(512 * idLength);
const random = Buffer.alloc(2 * pool.length);
let used = pool.length;

/**
 * A new request id: 22 letters and digits, 130 bits from the system's random number generator. The client's NUIDs count upwards by a
 * constant step, so a requester that knows two of them can forge replies to the next ones.
 */
export function newRequestId(): string {
  if (used === pool.length) fillPool();
  used += idLength;
  return pool.toString("latin1", used - idLength, used);
}

function fillPool(): void {
  for (let filled = 0; filled < pool.length; ) {
    randomFillSync(random);
    for (const byte of random) {
      const at = byte & 63; // 62 and 63 are left out, so that each character is equally likely
      if (at < characters.length && filled < pool.length) pool[filled++] = characters[at] as number;
    }
  }
  used = 0;
}

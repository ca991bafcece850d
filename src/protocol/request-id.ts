// Request id: any text on one line, as one token of a subject; and new ids, 22 random characters that cannot be computed from others.

// A subject has no spaces and no control characters, and dots separate its tokens. So each byte of an id that is no letter, digit, "-" or
// "_" is written as "=" and two hexadecimal digits: `order:42` is the token `order=3A42`. "=" and not "%", because the keys of a
// key-value bucket allow no "%" (ADR-8).

/** An id as one token of a subject. An id of letters, digits, "-" and "_" is its own token. */
export const idToken = (id: string): string => (/^[\w-]*$/.test(id) ? id : escapedId(id));

function escapedId(id: string): string {
  let token = "";
  for (const byte of new TextEncoder().encode(id)) {
    const character = String.fromCharCode(byte);
    token += /[\w-]/.test(character) ? character : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return token;
}

/** The id that a token stands for. A token that no id is written as, such as another client's, is its own id. */
export function idOfToken(token: string): string {
  if (!token.includes("=")) return token;
  try {
    const id = decodeURIComponent(token.replaceAll("%", "%25").replaceAll("=", "%"));
    return idToken(id) === token ? id : token;
  } catch {
    return token;
  }
}

/** As a token. With the names around it, it has to fit into a reply address (1,024 characters). */
const longestToken = 400;

/** Whether an id can travel: in a header, which is one line and has no spaces around it, and as a token. */
export const isRequestId = (id: unknown): id is string =>
  typeof id === "string" &&
  id !== "" &&
  id === id.trim() &&
  !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(id) &&
  idToken(id).length <= longestToken;

export const requestIdRule =
  'text on one line, without spaces around it, and at most 400 characters long, where each byte that is no letter, digit, "-" or "_" counts 3';

// New ids.

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

// To which addresses a responder replies. An address is the sender's word, and the responder publishes there with its own
// permissions; so what leads into the server's own subjects or back into the queue is refused always, and an allow-list can
// narrow the rest to the subjects where requesters are known to listen.
import { InvalidInput } from "./errors.js";
import { quote, requireReplyAddress } from "./names.js";
import { isKept } from "./reply-places.js";
import { matches } from "./subject-patterns.js";

export interface ReplyAddresses {
  /**
   * Subjects, with the wildcards `*` and `>`, outside the kit's own places: `["partner.inbox.>"]`. Mailboxes and the other places
   * that a stream keeps are always allowed; with `[]` nothing else is. Default: any subject that is not refused always.
   */
  allow?: readonly string[];
}

/** Returns the address. @throws InvalidInput when nothing may be published there. */
export type RequireAddress = (address: string) => string;

/** @throws InvalidInput when an allowed subject is none. */
export function replyAddresses({ allow }: ReplyAddresses = {}): RequireAddress {
  if (allow === undefined) return requireReplyAddress;
  const allowed = allow.map(asPattern);
  return (address) => {
    requireReplyAddress(address);
    if (isKept(address) || allowed.some((pattern) => matches(pattern, address.split(".")))) return address;
    throw new InvalidInput(`the reply address ${quote(address)} is not among the allowed ones`);
  };
}

function asPattern(subject: string): string[] {
  const tokens = typeof subject === "string" ? subject.split(".") : [""];
  const wrong = (token: string, n: number) =>
    token === ">" ? n < tokens.length - 1 : !/^(\*|[^\s*>\p{Cc}]+)$/u.test(token);
  if (!tokens.some(wrong)) return tokens;
  throw new InvalidInput(
    `Expected an allowed reply address to be a subject such as partner.inbox.>, got ${quote(subject)}.`,
  );
}

// The ways a request can end, and the code each has for those who know only ADR-32.
import type { Ending } from "../history/event.js";

/** `Nats-Service-Error-Code`, after HTTP where HTTP has a word for it; ok has none. */
const codes: Record<Exclude<Ending, "ok">, string> = {
  error: "500",
  rejected: "404",
  expired: "408",
  cancelled: "499",
  "dead-lettered": "422",
};

export const endings = ["ok", ...Object.keys(codes)] as Ending[];

export const codeOf = (ending: Exclude<Ending, "ok">): string => codes[ending];

/** The ending a `Reply-Ending` header names; undefined for one that is not known. */
export const asEnding = (text: string | undefined): Ending | undefined =>
  endings.find((ending) => ending === text);

/** What a code says of a reply that names no ending: another's failure is an error. */
export function endingOfCode(code: string | undefined): Ending | undefined {
  if (!code) return undefined;
  return endings.find((ending) => ending !== "ok" && codes[ending] === code) ?? "error";
}

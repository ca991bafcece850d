// How a responder hears that nobody waits for a request any more: a core message on `cancels.<request id>`, with the
// ending as its payload. It is a hint: whoever misses it works to the end, and the reply that is stored first wins.
import type { Ending } from "../history/event.js";

/** How a request ends that nobody waits for any more. */
export type CalledOff = Extract<Ending, "cancelled" | "expired">;

/** Whoever may publish here can stop work: grant it to those that may send requests. */
export const cancelSubject = (request: string) => `cancels.${request}`;

export const allCancels = cancelSubject("*");

/** Anything else than `expired` means `cancelled`: an empty payload is enough by hand. */
export const asCalledOff = (text: string): CalledOff => (text === "expired" ? "expired" : "cancelled");

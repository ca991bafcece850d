// The error headers of NATS services (ADR-32): a text and a code, on every dialect's failed reply. A failure can then be seen on
// the wire, also in a dialect that has no word for it.
import type { MsgHdrs } from "@nats-io/nats-core";
import { codeOf, type Status, statusOfCode } from "../events.js";
import { type HeaderPair, headerValue, oneLine } from "../header-block.js";
import { header } from "../subjects.js";

/** None for an ok reply. */
export const serviceError = (status: Status, text: string): readonly HeaderPair[] =>
  status === "ok"
    ? []
    : [
        [header.serviceError, oneLine(text)],
        [header.serviceErrorCode, codeOf(status)],
      ];

export function setServiceError(headers: MsgHdrs, status: Status, text: string): void {
  for (const [name, value] of serviceError(status, text)) headers.set(name, value);
}

export function readServiceError(headers: MsgHdrs | undefined): Status {
  const status = statusOfCode(headerValue(headers, header.serviceErrorCode));
  return status ?? (headerValue(headers, header.serviceError) ? "error" : "ok");
}

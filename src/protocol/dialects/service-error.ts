// Failure as NATS services tell it (ADR-32): a text and a code in two headers. Every dialect's failed reply carries
// them, so that a failure can be seen on the wire also where the dialect itself has no word for it.

import type { MsgHdrs } from "@nats-io/nats-core";
import { codeOf, type Status, statusOfCode } from "../events.js";
import { headerValue } from "../headers.js";
import { header } from "../subjects.js";

export function setServiceError(headers: MsgHdrs, status: Status, text: string): void {
  if (status === "ok") return;
  headers.set(header.serviceError, oneLine(text));
  headers.set(header.serviceErrorCode, codeOf(status));
}

export function readServiceError(headers: MsgHdrs | undefined): Status {
  const status = statusOfCode(headerValue(headers, header.serviceErrorCode));
  return status ?? (headerValue(headers, header.serviceError) ? "error" : "ok");
}

/** A header's value ends at a line break: anything after one would be read as another header. */
const oneLine = (text: string) => [...text.slice(0, 400).replace(/\p{Cc}+/gu, " ")].slice(0, 200).join("");

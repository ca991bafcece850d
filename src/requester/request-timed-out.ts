// The error of a call that gave up. It is no failure of the request: it says where the request is, and how to come back.

import { KitError } from "../protocol/errors.js";
import type { Whereabouts, Withdrawn } from "../protocol/events.js";
import { formatHandle, type Handle } from "./handle.js";

export interface TimeOutFindings {
  whereabouts: Whereabouts;
  evidence: string;
  /** Messages left in the request stream; absent when the server did not answer. */
  remaining?: number;
}

/** What became of the request at the time-out. `kept`: nothing was done about it, as its policy says. */
export type TimeOutOutcome = "kept" | Withdrawn;

export class RequestTimeoutError extends KitError {
  /** Collect the reply with it later, from any process. */
  readonly handle: Handle;
  /** Milliseconds the call waited. */
  readonly afterMs: number;
  readonly findings: TimeOutFindings;
  readonly outcome: TimeOutOutcome;
  /** Of several replies: how many parts had come. */
  readonly parts?: number;

  constructor(
    handle: Handle,
    afterMs: number,
    findings: TimeOutFindings,
    outcome: TimeOutOutcome = "kept",
    parts?: number,
  ) {
    const state = outcome === "removed" ? "removed" : findings.whereabouts;
    const where = state === "unknown" ? "" : ` It is ${state}:`;
    super(
      "timed-out",
      `${parts === undefined ? "No reply" : `No last reply (parts so far: ${parts})`} within ${afterMs} ms.${where} ${findings.evidence}. Come back with handle ${formatHandle(handle)}.`,
    );
    this.handle = handle;
    this.afterMs = afterMs;
    this.findings = findings;
    this.outcome = outcome;
    if (parts !== undefined) this.parts = parts;
  }

  /** The same, of a request that gets several replies. */
  after(parts: number): RequestTimeoutError {
    return new RequestTimeoutError(this.handle, this.afterMs, this.findings, this.outcome, parts);
  }
}

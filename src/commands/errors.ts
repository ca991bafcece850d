// From an error to what a person reads and what the shell gets. The only place that knows exit codes.

import { JetStreamApiError } from "@nats-io/jetstream";
import { errors as client } from "@nats-io/nats-core";
import { CommanderError } from "commander";
import { HistoryDamagedError } from "../history/read.js";
import { InvalidInputError, NotPossibleHereError, ServerTooOldError } from "../protocol/errors.js";
import { fromClientError } from "../protocol/server-error.js";
import { UnwritableReportsError } from "../report/write.js";
import { UnknownScenarioError } from "../scenario/catalogue.js";
import { ScenarioInvalidError } from "../scenario/diagnostic.js";

export const exit = { ok: 0, violated: 1, inconclusive: 2, failed: 3, badInput: 4 } as const;

/** The user, or the system, asked the command to end. */
export class Interrupted extends Error {
  readonly signal: NodeJS.Signals;
  constructor(signal: NodeJS.Signals) {
    super(`Interrupted by ${signal}; everything was released.`);
    this.signal = signal;
  }
}

/** A command that ended well, with an answer that is not a yes. */
export class EndWith extends Error {
  readonly code: number;
  constructor(code: number) {
    super("");
    this.code = code;
  }
}

const signalCodes: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** Where releasing failed as well, the error that came first is the one that is told (TC39 explicit resource management). */
function firstOf(error: unknown): unknown {
  const later = error as { name?: string; suppressed?: unknown };
  return later?.name === "SuppressedError" ? firstOf(later.suppressed) : error;
}

export function exitCodeOf(thrown: unknown): number {
  const error = firstOf(thrown);
  if (error instanceof EndWith) return error.code;
  if (error instanceof Interrupted) return signalCodes[error.signal] ?? exit.failed;
  if (error instanceof CommanderError) return error.exitCode === 0 ? exit.ok : exit.badInput;
  if (error instanceof ServerTooOldError || error instanceof NotPossibleHereError) return exit.inconclusive;
  const users = [
    InvalidInputError,
    UnknownScenarioError,
    ScenarioInvalidError,
    HistoryDamagedError,
    UnwritableReportsError,
  ];
  return users.some((kind) => error instanceof kind) ? exit.badInput : exit.failed;
}

/** Empty where everything has been said. */
export function explain(thrown: unknown, debug: boolean): string {
  const error = firstOf(thrown);
  if (error instanceof EndWith || error instanceof CommanderError) return "";
  if (!(error instanceof Error)) return String(error);
  if (debug) return stackOf(error);
  if (isClients(error)) return fromClientError("jsrr", error).message;
  const place = unusablePlace(error);
  if (place) return place;
  return isBug(error) ? `${error.message} (a bug of jsrr; --debug shows where)` : error.message;
}

/** The client's own words say what happened, and not what to do. */
const isClients = (error: Error) =>
  [JetStreamApiError, ...Object.values(client)].some((kind) => error instanceof kind);

const systemWords: Record<string, string> = {
  ENOENT: "there is no such folder",
  ENOTDIR: "a part of it is no folder",
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "it is read-only",
  ENOSPC: "the disk is full",
};

/** Folders that a command writes to: histories, and the temporary ones of a run. */
function unusablePlace({ code, path }: NodeJS.ErrnoException): string | undefined {
  const words = systemWords[code ?? ""];
  if (!words || !path) return undefined;
  return `Cannot use ${path}: ${words}; name another place with --history, XDG_STATE_HOME or TMPDIR.`;
}

const isBug = (error: Error) =>
  [TypeError, ReferenceError, RangeError, SyntaxError].some((kind) => error.constructor === kind);

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack}${cause}`;
}

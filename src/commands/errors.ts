// Errors on the command line: the exit code and the text of each.
import { JetStreamApiError } from "@nats-io/jetstream";
import { errors as client } from "@nats-io/nats-core";
import { HistoryDamagedError } from "../history/read.js";
import { InvalidInputError, NotPossibleHereError, ServerTooOldError } from "../protocol/errors.js";
import { fromClientError } from "../protocol/server-error.js";
import { UnwritableReportsError } from "../report/write.js";
import { UnknownScenarioError } from "../scenario/catalogue.js";
import { ScenarioInvalidError } from "../scenario/diagnostic.js";
import { EndWith, exit, firstOf, Interrupted } from "./exit.js";

const badInput = [
  InvalidInputError,
  UnknownScenarioError,
  ScenarioInvalidError,
  HistoryDamagedError,
  UnwritableReportsError,
];

export function exitCodeOf(thrown: unknown): number {
  const error = firstOf(thrown);
  if (error instanceof EndWith || error instanceof Interrupted) return error.code;
  if (error instanceof ServerTooOldError || error instanceof NotPossibleHereError) return exit.inconclusive;
  return badInput.some((kind) => error instanceof kind) ? exit.badInput : exit.failed;
}

/** One sentence, or with `debug` the stack and its causes. Empty for {@link EndWith}: the command has printed everything. */
export function explain(thrown: unknown, debug: boolean): string {
  const error = firstOf(thrown);
  if (error instanceof EndWith) return "";
  if (!(error instanceof Error)) return String(error);
  if (debug) return stackOf(error);
  if (isClients(error)) return fromClientError("jsrr", error).message;
  return (
    unusablePlace(error) ?? (isBug(error) ? `${error.message} (a bug of jsrr; --debug shows where)` : error.message)
  );
}

/** The text of the client's own errors does not say what to do. */
const isClients = (error: Error) => [JetStreamApiError, ...Object.values(client)].some((kind) => error instanceof kind);

const systemErrors: Record<string, string> = {
  ENOENT: "there is no such folder",
  ENOTDIR: "a part of it is no folder",
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "it is read-only",
  ENOSPC: "the disk is full",
};

/** Folders that a command writes to: histories, and the temporary folder of a run. */
function unusablePlace({ code, path }: NodeJS.ErrnoException): string | undefined {
  const reason = systemErrors[code ?? ""];
  if (!reason || !path) return undefined;
  return `Cannot use ${path}: ${reason}; name another place with --history, XDG_STATE_HOME or TMPDIR.`;
}

const isBug = (error: Error) =>
  [TypeError, ReferenceError, RangeError, SyntaxError].some((kind) => error.constructor === kind);

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack}${cause}`;
}

// Every error a user can meet is one of these: one clear sentence that says what to do, and a stable `code`.

export class KitError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

const named = (code: string) =>
  class extends KitError {
    constructor(message: string, options?: ErrorOptions) {
      super(code, message, options);
    }
  };

/** An argument is not what it has to be. Nothing was sent. */
export class InvalidInputError extends named("invalid-input") {}
/** The same requester waits for a reply to this request id already. Nothing was sent. */
export class AlreadyWaitingError extends InvalidInputError {}
/** As many requests are on their way, and wait for their turn, as were allowed. Nothing was sent. */
export class TooManyOutstandingError extends named("too-many-outstanding") {}
/** No server answered at the address. */
export class ServerUnreachableError extends named("server-unreachable") {}
/** The server refused the credentials. */
export class NotAuthorizedError extends named("not-authorized") {}
/** The account may not publish or subscribe there. */
export class NotPermittedError extends named("not-permitted") {}
/** The server, or the account, has no JetStream. */
export class JetStreamUnavailableError extends named("jetstream-unavailable") {}
/** The stream or consumer does not exist. */
export class NotSetUpError extends named("not-set-up") {}
/** The message is not in the stream (any more): server errors 10043 and 10057. */
export class NotFoundError extends named("not-there") {}
/** A stream or consumer of this name exists with another configuration. */
export class ConfigurationDiffersError extends named("configuration-differs") {}
/** The stream, the account or the disk is full: nothing was stored. */
export class StreamFullError extends named("stream-full") {}
/** The server lacks a feature that was asked for. */
export class ServerTooOldError extends named("server-too-old") {}
/** This machine cannot do what a scenario needs: it is not run. */
export class NotPossibleHereError extends named("not-possible-here") {}
/** A message of this kind is already there: a create-only publish was second (server error 10071). */
export class AlreadyStoredError extends named("already-stored") {}
/** The server's answer did not come in time: what happened is unknown, not failed. */
export class NoAnswerError extends named("no-answer") {}
/** One of several replies is missing: it was not heard, and is not stored (any more). */
export class PartMissingError extends named("part-missing") {}
/** The reply strategy carries one reply and no parts. Nothing was sent. */
export class NoPartsThereError extends InvalidInputError {}
/** Anything else the server refused, with its own words and code. */
export class ServerRefusedError extends named("server-refused") {}
/** The connection, the requester or the responder is closed, or was while a call waited: what was sent stays sent. */
export class ClosedError extends named("closed") {}
/** A mailbox holds a message that is no reply to its request: another client had it stored there. */
export class ForeignReplyError extends named("foreign-reply") {}
/** Nobody listens on the subject (server status 503). */
export class NoRespondersError extends named("no-responders") {}
/** A payload is not what the handler has to read. */
export class UnreadablePayloadError extends named("unreadable-payload") {}

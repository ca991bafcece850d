// Errors: every error that the kit throws, each with one sentence that says what to do and a stable `code`.

/** The base of every error of the kit. `cause` is the client's error, where there is one. */
export class KitError extends Error {
  /** Stable, for programs: `stream-full`, `not-set-up`, ... */
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

/** An argument has the wrong type or value; the message names it. Nothing was sent. */
export class InvalidInputError extends named("invalid-input") {}
/** An options object has a name that the function does not know; the message has the nearest one. Nothing was sent. */
export class UnknownOptionError extends InvalidInputError {}
/** This requester already waits for a reply to the same request id. Nothing was sent. */
export class AlreadyWaitingError extends InvalidInputError {}
/** A request with this id was sent before, on another subject: its reply is not one to this request, which is not stored. */
export class DuplicateIdError extends named("duplicate-id") {}
/** `maxOutstanding` requests are without a reply, and `maxWaiting` wait for their turn. Nothing was sent. */
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
/** The server itself is out of storage (10023), whatever room the stream has. */
export class ServerFullError extends StreamFullError {}
/** The server lacks a feature that an option needs. */
export class ServerTooOldError extends named("server-too-old") {}
/** This machine cannot do what a scenario needs; the scenario does not run. */
export class NotPossibleHereError extends named("not-possible-here") {}
/** A create-only publish was second: the subject already holds a message (server error 10071). */
export class AlreadyStoredError extends named("already-stored") {}
/** The server did not answer in time: whether the operation happened is unknown. */
export class NoAnswerError extends named("no-answer") {}
/** One of several replies is missing: it was not received, and is not stored (any more). */
export class PartMissingError extends named("part-missing") {}
/** The reply strategy carries one reply and no parts. Nothing was sent. */
export class NoPartsThereError extends InvalidInputError {}
/** Any other refusal of the server, with its description and its code. */
export class ServerRefusedError extends named("server-refused") {}
/** The connection, the requester or the responder is closed, or was closed during the call. What was sent stays sent. */
export class ClosedError extends named("closed") {}
/** A mailbox holds a message that is no reply to its request: another client stored it there. */
export class ForeignReplyError extends named("foreign-reply") {}
/** There is no subscription on the subject (server status 503). */
export class NoRespondersError extends named("no-responders") {}
/** A payload is not in the format that the handler reads. */
export class UnreadablePayloadError extends named("unreadable-payload") {}

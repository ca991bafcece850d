// Server errors: wire codes and client errors as the errors of the kit, in this one place.
import { JetStreamApiError } from "@nats-io/jetstream";
import { errors as client } from "@nats-io/nats-core";
import {
  AlreadyStoredError,
  ClosedError,
  ConfigurationDiffersError,
  InvalidInputError,
  JetStreamUnavailableError,
  KitError,
  NoAnswerError,
  NoRespondersError,
  NotAuthorizedError,
  NotFoundError,
  NotPermittedError,
  NotSetUpError,
  ServerFullError,
  ServerRefusedError,
  ServerUnreachableError,
  StreamFullError,
} from "./errors.js";
import { defaultNames } from "./queue-names.js";
import type { QueueNames } from "./subjects.js";

/** A JetStream API error as the server sends it; `err_code` is the number in nats-server's errors.json. */
export interface ApiError {
  code: number;
  err_code?: number;
  description?: string;
}

type Known = (what: string, said: string, options: ErrorOptions, advice: Advice) => KitError;

/** Which command an error advises: that of the queue that was asked for. */
export type Advice = Pick<QueueNames, "setupAdvice">;

const notSetUp: Known = (what, said, o, advice) =>
  new NotSetUpError(`${what}: ${said}; run ${advice.setupAdvice()} first.`, o);
const otherStream: Known = (what, said, o) =>
  new NotSetUpError(`${what}: ${said}; another stream takes this subject: change or remove that one.`, o);
const full: Known = (what, said, o) =>
  new StreamFullError(`${what}: ${said}; nothing was stored, make room and send it again.`, o);
const serverFull: Known = (what, said, o) =>
  new ServerFullError(`${what}: ${said}; nothing was stored, make room on the server and send it again.`, o);
const off: Known = (what, said, o) =>
  new JetStreamUnavailableError(`${what}: ${said}; start nats-server with -js or enable it for the account.`, o);
const differs: Known = (what, said, o) =>
  new ConfigurationDiffersError(`${what}: ${said}; change or remove the other one first.`, o);
const tooFewServers: Known = (what, said, o) =>
  new ServerRefusedError(`${what}: ${said}; ask for fewer replicas, or use a cluster with that many servers.`, o);

const gone: Known = (what, said, o) => new NotFoundError(`${what}: ${said}.`, o);
const ttlOff: Known = (what, said, o, advice) =>
  new ConfigurationDiffersError(`${what}: ${said}; run ${advice.setupAdvice("--update")} to allow it.`, o);

/** Server error numbers, from nats-server's `errors.json`. */
const byNumber: Record<number, Known> = {
  10014: notSetUp, // consumer not found
  10059: notSetUp, // stream not found
  10060: otherStream, // expected stream does not match
  10023: serverFull, // insufficient resources
  10028: full, // resource limits exceeded for account
  10047: full, // insufficient storage
  10077: full, // maximum messages, bytes or messages per subject exceeded
  10122: full, // maximum messages per subject exceeded, on older servers
  10039: off, // not enabled for account
  10076: off, // not enabled
  10013: differs, // consumer name already in use
  10058: differs, // stream name already in use with a different configuration
  10065: differs, // subjects overlap with an existing stream
  10099: differs, // multiple non-filtered consumers on a work queue
  10100: differs, // filtered consumer not unique on a work queue
  10148: differs, // consumer already exists
  10074: tooFewServers, // replicas > 1 on a single server
  10005: tooFewServers, // no suitable peers for placement
  10043: gone, // sequence not found
  10057: gone, // message delete failed: it is not there (any more)
  10166: ttlOff, // per-message TTL is disabled for the stream
  10054: (what, said, o) => new InvalidInputError(`${what}: ${said}.`, o), // message size exceeds the stream's maximum
  10097: (what, said, o) => new InvalidInputError(`${what}: ${said}.`, o), // header size exceeds 64 kB
  10071: (what, said, o) => new AlreadyStoredError(`${what}: ${said}.`, o),
  10008: (what, said, o) => new NoAnswerError(`${what}: ${said}; try again in a moment.`, o),
  10158: (what, said, o) => new NoAnswerError(`${what}: ${said}; try again in a moment.`, o),
};

export function fromApiError(
  what: string,
  error: ApiError,
  options: ErrorOptions = {},
  advice: Advice = defaultNames,
): KitError {
  const said = error.description || `code ${error.code}`;
  const known = error.err_code === undefined ? undefined : byNumber[error.err_code];
  if (known) return known(what, said, options, advice);
  return new ServerRefusedError(`${what}: the server refused: ${said} (${error.err_code ?? error.code}).`, options);
}

/** Any error of the client as an error of the kit. `what` names the operation, e.g. `stream REQUESTS`. */
export function fromClientError(what: string, error: unknown, advice?: Advice): KitError {
  if (error instanceof KitError) return error;
  const cause = { cause: error };
  if (error instanceof JetStreamApiError) return fromApiError(what, error.apiError(), cause, advice);
  if (!(error instanceof Error)) return new ServerRefusedError(`${what}: ${String(error)}.`);
  if (error instanceof client.PermissionViolationError) return notPermitted(error);
  // The client names a 503 on the API "jetstream is not enabled": no responder listens there, for any reason.
  if (error.name === "JetStreamNotEnabled") {
    return new JetStreamUnavailableError(
      `${what}: nothing answers JetStream requests on this server; start it with -js, or enable JetStream for the account.`,
      cause,
    );
  }
  return fromConnectionError(what, error, cause);
}

/** The answer of the client, which rejects with an error of the kit. `what` and `advice` as of `fromClientError`. */
export const withKitError = <T>(what: string, answer: Promise<T>, advice?: Advice): Promise<T> =>
  answer.catch((error: unknown) => {
    throw fromClientError(what, error, advice);
  });

function fromConnectionError(what: string, error: Error, cause: ErrorOptions): KitError {
  const inner = error.cause;
  if (inner instanceof client.PermissionViolationError) return notPermitted(inner);
  if (error instanceof client.NoRespondersError || inner instanceof client.NoRespondersError) {
    return new NoRespondersError(`${what}: no responders; there is no subscription on that subject.`, cause);
  }
  if (error instanceof client.TimeoutError || inner instanceof client.TimeoutError) {
    return new NoAnswerError(
      `${what}: no answer in time; whether it happened is unknown, try again in a moment.`,
      cause,
    );
  }
  if (isClosed(error) || isClosed(inner)) {
    return new ClosedError(`${what}: the connection is closed; connect again.`, cause);
  }
  if (error instanceof client.AuthorizationError) {
    return new NotAuthorizedError(`${what}: the server refused the credentials (${error.message}).`, cause);
  }
  if (/max_payload/.test(error.message)) {
    return new InvalidInputError(
      `${what}: the message is larger than the server takes; send a smaller payload, or raise max_payload there.`,
      cause,
    );
  }
  // A payload that is neither text nor bytes.
  if (error instanceof TypeError) return new InvalidInputError(`${what}: ${withoutDot(error.message)}.`, cause);
  if (error instanceof client.InvalidArgumentError || error instanceof client.InvalidSubjectError) {
    return new InvalidInputError(`${what}: ${error.message}.`, cause);
  }
  return new ServerUnreachableError(`${what}: ${withoutDot(error.message)}.`, cause);
}

export function notPermitted(error: InstanceType<typeof client.PermissionViolationError>): NotPermittedError {
  const verb = error.operation === "publish" ? "publish to" : "subscribe to";
  return new NotPermittedError(
    `The account may not ${verb} ${error.subject}; grant it that permission, or use other credentials.`,
    { cause: error },
  );
}

/** The client has no class for a request that was under way when the connection was closed. */
const isClosed = (error: unknown) =>
  error instanceof client.ClosedConnectionError ||
  (error instanceof client.RequestError && error.message === "connection closed");

const withoutDot = (text: string) => text.replace(/\.$/, "");

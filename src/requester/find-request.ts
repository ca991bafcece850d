// Find a request: by its id in the stream, and in a mailbox. The server finds no message by its id, so the messages are read.
import type { NatsConnection } from "@nats-io/nats-core";
import { jetStreamManager, nextMessage } from "../connection/jetstream.js";
import { checkOptions } from "../protocol/check-options.js";
import { NotPermittedError } from "../protocol/errors.js";
import { readRequest } from "../protocol/headers.js";
import { type QueueOptions, queueOptionNames } from "../protocol/queue-names.js";
import { fromClientError } from "../protocol/server-error.js";
import type { QueueNames } from "../protocol/subjects.js";
import type { HandleCall, HandleResult, TracedOptions } from "../protocol/telemetry.js";
import { firstRequest } from "./duplicate-request.js";
import { asHandle, type Handle, type HandleLike, namesOf, traced } from "./handle.js";
import { asMessage } from "./stored-reply.js";

/** Where the queue of a request is, and what traces the call. */
export type HandleOptions = QueueOptions & TracedOptions;

/** Calls `act` with the names and the handle that a caller of the function `name` means. @throws InvalidInputError, and as `withSequence`. */
export async function withRequest<T extends HandleResult>(
  nc: NatsConnection,
  name: HandleCall["name"],
  of: HandleLike,
  options: HandleOptions,
  act: (nc: NatsConnection, names: QueueNames, handle: Handle) => Promise<T>,
): Promise<T> {
  checkOptions(name, options, { ...queueOptionNames, telemetry: true });
  const known = asHandle(of, options);
  const names = namesOf(known, options);
  const run = async () => act(nc, names, await withSequence(nc, names, known));
  return traced(options.telemetry, name, names, known, run);
}

/**
 * The handle with its sequence, if that is not known and the stream holds the request: among its first 10,000 messages, and not with a
 * mailbox of another requester. Otherwise the handle as it is, also where the account may not read the stream.
 */
async function withSequence(nc: NatsConnection, names: QueueNames, handle: Handle): Promise<Handle> {
  if (handle.sequence > 0 || handle.at !== undefined) return handle;
  let sequence = 0;
  const search = { subject: `${names.requestPrefix}>`, from: 1, wanted: new Set([handle.request]), over: () => false };
  try {
    await findUnconfirmed(nc, names, search, (_, found) => {
      sequence = found;
    });
    if (sequence === 0) return handle;
    const found = { ...handle, sequence };
    const { requester = handle.requester } = await firstRequest(nc, names, found);
    return requester === handle.requester ? found : handle;
  } catch (error) {
    if (error instanceof NotPermittedError) return handle;
    throw error;
  }
}

/** Messages of one subject that are read. A request that is further behind is not looked for. */
const most = 10_000;

interface Search {
  subject: string;
  /** The sequence of the first message that is read. */
  from: number;
  /** Request ids; those found go to `found`, and are removed. */
  wanted: Set<string>;
  /** The result is of no use any more. */
  over(): boolean;
}

/**
 * Reads the requests on one subject in their order, from a sequence on, up to the last one that is there now. The server finds no
 * message by its id. Returns whether all were read.
 * @throws NotPermittedError when the account may not read the request stream, NoAnswerError and the other errors of the server.
 */
export async function findUnconfirmed(
  nc: NatsConnection,
  names: QueueNames,
  { subject, from, wanted, over }: Search,
  found: (id: string, sequence: number) => void,
): Promise<boolean> {
  const { requestStream } = names;
  const jsm = await jetStreamManager(nc, names);
  try {
    const last = await jsm.streams.getMessage(requestStream, { last_by_subj: subject });
    let seq = from;
    for (let read = 0; last && seq <= last.seq && wanted.size > 0; read++) {
      if (read >= most || over()) return false;
      const next = await nextMessage(jsm, requestStream, subject, seq);
      if (!next) break;
      const { id } = readRequest(asMessage(next));
      if (id !== undefined && wanted.delete(id)) found(id, next.seq);
      seq = next.seq + 1;
    }
    return true;
  } catch (error) {
    throw fromClientError(`stream ${requestStream}`, error, names);
  }
}

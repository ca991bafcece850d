// Requests whose PubAck was lost with the connection: whether the queue holds them, and where.

import { jetstreamManager, type SeqMsgRequest } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { readRequest } from "../protocol/messages.js";
import { fromClientError } from "../protocol/server-error.js";
import { requestStream } from "../protocol/subjects.js";
import { asMessage } from "./stored-reply.js";

/** Messages of one order that are read; one that is further behind is not looked for, and its fate stays unknown. */
const most = 10_000;

interface Search {
  subject: string;
  /** The sequence of the first that is read. */
  from: number;
  /** Request ids; those found are told by `found`, and taken out. */
  wanted: Set<string>;
  /** Nobody wants to know any more. */
  over(): boolean;
}

/**
 * Reads the requests on one subject in their order, from a sequence on, up to the last that is there now. There is no other way to
 * find a message by its id: to send it again would say so, but runs it twice where the first was answered and the server,
 * which forgets ids when it is killed, takes it for new.
 * @throws NotPermittedError for who may not read the queue, NoAnswerError and the other errors of the server.
 */
export async function findUnconfirmed(
  nc: NatsConnection,
  { subject, from, wanted, over }: Search,
  found: (id: string, sequence: number) => void,
): Promise<void> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  try {
    const last = await jsm.streams.getMessage(requestStream, { last_by_subj: subject });
    let seq = from;
    for (let read = 0; last && seq <= last.seq && wanted.size > 0 && read < most && !over(); read++) {
      // The server takes both; the client's type knows them one at a time.
      const query = { seq, next_by_subj: subject } as SeqMsgRequest;
      const next = await jsm.streams.getMessage(requestStream, query);
      if (!next) return;
      const { id } = readRequest(asMessage(next));
      if (id !== undefined && wanted.delete(id)) found(id, next.seq);
      seq = next.seq + 1;
    }
  } catch (error) {
    throw fromClientError(`stream ${requestStream}`, error);
  }
}

// Searches for requests whose PubAck was lost in a break: one for each break, and the next break cuts it off.

export class SinceBreak {
  #round = 0;
  /** What was asked before a search that another break has cut off is still to be found: the next begins there, too. */
  #from = Number.POSITIVE_INFINITY;

  /**
   * @param lastStored the sequence of the latest request that is known to be stored: those on their way come behind it.
   * @param search gets the sequence to begin behind, and whether another break has come since.
   */
  async search(
    lastStored: number,
    search: (from: number, cutOff: () => boolean) => Promise<void>,
  ): Promise<void> {
    const round = ++this.#round;
    this.#from = Math.min(this.#from, lastStored);
    const cutOff = () => round !== this.#round;
    await search(this.#from, cutOff);
    if (!cutOff()) this.#from = Number.POSITIVE_INFINITY;
  }
}

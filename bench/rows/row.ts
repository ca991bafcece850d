// One way to get a reply, as the benchmark sees it. A row is a file and an entry in the table of index.ts.
import type { NatsConnection } from "@nats-io/nats-core";

/** A requester that is ready to send. */
export interface Client extends AsyncDisposable {
  /** Resolves when the reply is there. */
  request(payload: Uint8Array): Promise<unknown>;
}

export interface Row {
  /** One line for the legend. */
  about: string;
  /** Brings an empty account to what the row needs. */
  setup(nc: NatsConnection): Promise<void>;
  /** Removes what a round left on the server, so that each begins alike. */
  clean(nc: NatsConnection): Promise<void>;
  /** Answers every request with `answer`. */
  respond(nc: NatsConnection, answer: Uint8Array): Promise<AsyncDisposable>;
  open(nc: NatsConnection): Promise<Client>;
}

/** Milliseconds: long enough that no request of any row ends early on a busy machine. */
export const timeoutMs = 60_000;

/** The last token of the subject. */
export const order = "order-bench";

// One way to get a reply, as the benchmark sees it. A row is a file and an entry in the table of index.ts.
import type { NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import type { ConnectionSettings } from "jetstream-request-reply-kit";

/** A requester that is ready to send. */
export interface Client extends AsyncDisposable {
  /** Resolves when the reply is there. */
  request(payload: Uint8Array): Promise<unknown>;
}

export interface Row {
  /** One line for the legend. */
  about: string;
  connect(settings: ConnectionSettings): Promise<NatsConnection>;
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

/** As one connects without the kit, so that what its connection costs is in its own rows only. */
export const plainConnection: Row["connect"] = ({ servers, user = "", password = "" }) =>
  connect({ servers, user, pass: password });

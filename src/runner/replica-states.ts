// The replicas of a stream, each as its own server says: only the leader answers to STREAM.INFO.
import type { StreamState } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { openConnection } from "../connection/connect.js";
import { type Cluster, type ServerCredentials, systemUser } from "../server/cluster.js";

const answerMs = 2_000;

/** The part of an answer to JSZ that is read here. */
interface Jsz {
  data?: { account_details?: { stream_detail?: { name: string; state: StreamState }[] }[] };
}

export class ReplicaStates implements AsyncDisposable {
  readonly #open: () => Promise<NatsConnection>;
  #connection?: Promise<NatsConnection>;

  constructor({ urls }: Cluster, credentials: ServerCredentials) {
    this.#open = () => openConnection({ servers: urls, ...systemUser(credentials), name: "jsrr" });
  }

  /** Undefined if the server has no replica of the stream. @throws if it does not answer. */
  async read(stream: string, node: string): Promise<StreamState | undefined> {
    this.#connection ??= this.#open();
    const wanted = JSON.stringify({ server_name: node, account: "$G", accounts: true, streams: true });
    const answer = await (await this.#connection).request("$SYS.REQ.SERVER.PING.JSZ", wanted, { timeout: answerMs });
    const [account] = answer.json<Jsz>().data?.account_details ?? [];
    return account?.stream_detail?.find(({ name }) => name === stream)?.state;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#connection?.catch(() => undefined))?.close();
  }
}

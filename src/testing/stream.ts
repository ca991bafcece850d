// Lab stream: the messages that a stream holds.
import type { ConsumerInfo, JetStreamManager, StoredMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { jetStreamManager, nextMessage } from "../connection/jetstream.js";
import { identity } from "../protocol/dialects/kit.js";
import { defaultNames } from "../protocol/queue-names.js";
import { fromClientError } from "../protocol/server-error.js";
import { header } from "../protocol/subjects.js";

/** A message as its stream holds it. */
export interface StreamMessage {
  sequence: number;
  subject: string;
  /** The id of the request that it is, or that it replies to; empty for a message without one. */
  request: string;
  payload: Uint8Array;
}

/** Counts of the request stream. */
export interface StuckCount {
  /** Requests that the queue holds and the consumer will never deliver again (nats-server #5564). */
  stuck: number;
  /** All messages that the queue holds. */
  remaining: number;
}

/** A stream of a lab. Every method throws NotSetUpError when there is no such stream, and the server's other errors. */
export class LabStream {
  readonly name: string;
  readonly #jsm: Promise<JetStreamManager>;

  constructor(nc: NatsConnection, name: string) {
    this.name = name;
    this.#jsm = jetStreamManager(nc, defaultNames);
    this.#jsm.catch(() => {}); // each method awaits it, and throws
  }

  /** How many messages it holds now. */
  async remaining(): Promise<number> {
    return (await this.#ask((jsm) => jsm.streams.info(this.name))).state.messages;
  }

  /** In their order; `limit` (default 100) bounds how many are read. */
  async messages(limit = 100): Promise<StreamMessage[]> {
    const found: StreamMessage[] = [];
    for (let seq = 1; found.length < limit; ) {
      const next = await this.#ask((jsm) => nextMessage(jsm, this.name, ">", seq));
      if (!next) break;
      found.push(read(next));
      seq = next.seq + 1;
    }
    return found;
  }

  /** For a request stream: messages that its durable consumers neither have pending nor wait for an ack of. */
  async stuck(): Promise<StuckCount> {
    const remaining = await this.remaining();
    const deliverable = await this.#ask(async (jsm) => {
      const none = () => jsm.consumers.info(this.name, defaultNames.consumer); // throws the server's own error
      const infos: ConsumerInfo[] = [];
      for await (const info of jsm.consumers.list(this.name)) if (info.config.durable_name) infos.push(info);
      if (infos.length === 0) infos.push(await none());
      return infos.reduce((sum, { num_pending, num_ack_pending }) => sum + num_pending + num_ack_pending, 0);
    });
    return { remaining, stuck: Math.max(0, remaining - deliverable) };
  }

  async #ask<T>(question: (jsm: JetStreamManager) => Promise<T>): Promise<T> {
    try {
      return await question(await this.#jsm);
    } catch (error) {
      throw fromClientError(`stream ${this.name}`, error);
    }
  }
}

function read(msg: StoredMsg): StreamMessage {
  const request = msg.header?.get(header.requestId) || identity(msg.header) || "";
  return { sequence: msg.seq, subject: msg.subject, request, payload: msg.data };
}

// Broker events: what the server passes on of requests, replies and acks, as an observer connection of the laboratory receives it.
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { type ConnectionSettings, openConnection } from "../connection/connect.js";
import type { EventBody } from "../history/event.js";
import { detect } from "../protocol/dialects/index.js";
import { identity } from "../protocol/dialects/kit.js";
import { readStatus } from "../protocol/headers.js";
import type { QueueNames } from "../protocol/subjects.js";
import { readAckAddress } from "../responder/delivery.js";
import { ackWords } from "./wire-events.js";

interface BrokerOptions {
  queues: readonly QueueNames[];
  /** The request at this place of a request stream, if its delivery was seen. */
  requestAt(stream: string, sequence: number): string | undefined;
  record(event: EventBody): void;
}

/** A connection of its own: a fault or a wait of the laboratory's other one hides nothing from it. */
export class BrokerObserver implements AsyncDisposable {
  readonly #nc: NatsConnection;

  private constructor(nc: NatsConnection) {
    this.#nc = nc;
  }

  static async start(connection: ConnectionSettings, options: BrokerOptions): Promise<BrokerObserver> {
    const nc = await openConnection({ ...connection, name: "jsrr-observer" });
    const { queues, record, requestAt } = options;
    const observe = (subject: string, eventOf: (msg: Msg) => EventBody | undefined) =>
      nc.subscribe(subject, {
        callback: (error, msg) => {
          const event = error ? undefined : eventOf(msg);
          if (event) record(event);
        },
      });
    observe("$JS.ACK.>", (msg) => {
      const { stream, sequence, deliveryCount: delivery } = readAckAddress(msg.subject);
      const event = ackWords[msg.string().split(" ")[0] ?? ""];
      if (event === undefined || !queues.some(({ requestStream }) => requestStream === stream)) return undefined;
      const request = requestAt(stream, sequence) ?? `${stream}-${sequence}`;
      return { type: "reported", request, event, sequence, delivery };
    });
    for (const { requestPrefix, replyPrefix } of queues) {
      observe(`${requestPrefix}>`, ({ subject, headers }) => {
        const request = identity(headers) ?? detect({ subject, headers })?.id;
        return request === undefined ? undefined : { type: "reported", request, event: "requested" };
      });
      observe(`${replyPrefix}>`, ({ headers }) => {
        const request = headers && identity(headers);
        return request === undefined
          ? undefined
          : { type: "reported", request, event: "replied", status: readStatus(headers) };
      });
    }
    await nc.flush();
    return new BrokerObserver(nc);
  }

  /** Resolves when everything that the server had for it is recorded. The server may be gone. */
  async caughtUp(): Promise<void> {
    await this.#nc.rtt().catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#nc.close();
  }
}

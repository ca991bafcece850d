// The part of a requester's process that sends and waits for no reply.
import type { NatsConnection } from "@nats-io/nats-core";
import type { Observe, RequesterEvent } from "../../history/event.js";
import { KitError } from "../../protocol/errors.js";
import { Sender, type SenderOptions } from "../../requester/sender.js";
import type { Command } from "../actor-protocol.js";

type SendCommand = Extract<Command, { do: "send" }>;

export class Unawaited {
  readonly #open: () => Promise<Sender>;
  readonly #sent = new Set<string>();
  #sender: Promise<Sender> | undefined;

  /** Opened when it is first needed. */
  constructor(nc: NatsConnection, options: Omit<SenderOptions, "observe">, observe: Observe<RequesterEvent>) {
    const noted = (event: RequesterEvent) => {
      if (event.type === "requested") this.#sent.add(event.request);
      observe(event);
    };
    this.#open = () => Sender.open(nc, { ...options, observe: noted });
  }

  /** Without the replies to what was sent here: the living requester of that name hears them, and they are nobody's orphans. */
  filtered(observe: Observe<RequesterEvent>): Observe<RequesterEvent> {
    return (event) => {
      if (event.type !== "orphaned-reply" || !this.#sent.has(event.request)) observe(event);
    };
  }

  /** Resolves when it can send. */
  async ready(): Promise<void> {
    this.#sender ??= this.#open();
    await this.#sender;
  }

  async send({ order, payload, as, id }: SendCommand): Promise<void> {
    this.#sender ??= this.#open();
    const sender = await this.#sender;
    await sender.send(order, payload, { as, ...(id === undefined ? {} : { id }) }).catch((error) => {
      if (!(error instanceof KitError)) throw error; // what it refuses has been told in an event
    });
  }

  async close(): Promise<void> {
    await (await this.#sender)?.close();
  }
}

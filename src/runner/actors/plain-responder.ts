// Plain responder: a `consume()` loop as most people write it first, for comparison. It handles one message after another, replies
// and acks. It sends no +WPI while a handler runs, finds no duplicates, and has no last attempt.
import { JetStreamApiError, type JsMsg, jetstream } from "@nats-io/jetstream";
import { headers, type NatsConnection } from "@nats-io/nats-core";
import { identity, kit } from "../../protocol/dialects/kit.js";
import type { Observe, ResponderEvent } from "../../protocol/events.js";
import { isSecondReply } from "../../protocol/pub-ack.js";
import { queueNames } from "../../protocol/queue-names.js";
import { hasFeature } from "../../protocol/server-version.js";
import type { QueueNames } from "../../protocol/subjects.js";
import {
  type HandlerRequest,
  type Handlers,
  HandlerTable,
  isParts,
  readText,
  replyContent,
} from "../../responder/handlers.js";
import type { RunningRole } from "../actor-protocol.js";

interface PlainOptions {
  handlers: Handlers;
  /** Messages that the client asks for ahead of time; its own default is 100. */
  prefetch?: number;
  queue?: string | undefined;
  consumer?: string | undefined;
  /** Whether it acknowledges what it has answered. */
  acks: boolean;
  observe: Observe<ResponderEvent>;
}

export async function runPlainResponder(nc: NatsConnection, options: PlainOptions): Promise<RunningRole> {
  const handlers = new HandlerTable(options.handlers);
  const names = queueNames({ queue: options.queue });
  const consumer = await jetstream(nc, { checkAPI: false }).consumers.get(
    names.requestStream,
    options.consumer ?? names.consumer,
  );
  const messages = await consumer.consume({ max_messages: options.prefetch ?? 100 });
  const loop = async () => {
    for await (const msg of messages) await handle(nc, names, msg, { ...options, handlers });
  };
  const done = loop();
  return {
    async stop() {
      messages.stop();
      await done;
      options.observe({ type: "drained" });
    },
    failed: new Promise((_, reject) => done.catch(reject)),
  };
}

async function handle(
  nc: NatsConnection,
  names: QueueNames,
  msg: JsMsg,
  { handlers, acks, observe }: Omit<PlainOptions, "handlers"> & { handlers: HandlerTable },
): Promise<void> {
  const request = identity(msg.headers) ?? "";
  const { subject, seq: sequence } = msg;
  const delivery = msg.info.deliveryCount;
  observe({ type: "delivered", request, subject, sequence, delivery });
  const order = names.belowRequests(msg.subject);
  const entry = handlers.find(order);
  if (!entry) {
    msg.term(hasFeature(nc, "term-reason") ? `no such order: ${order}` : undefined);
    observe({ type: "terminated", request, reason: `no such order: ${order}` });
    return;
  }
  try {
    const answer = await entry.handler(asRequest(request, order, entry.pattern, msg));
    if (isParts(answer)) throw new Error(`${order} answers in parts, which a plain responder does not`);
    observe({ type: "executed", request, delivery });
    await reply(nc, names, request, msg, replyContent(answer, "returned").body, observe);
    if (!acks) return;
    msg.ack();
    observe({ type: "acked", request });
  } catch (error) {
    msg.nak();
    observe({ type: "returned", request, reason: (error as Error).message });
  }
}

async function reply(
  nc: NatsConnection,
  names: QueueNames,
  request: string,
  msg: JsMsg,
  answer: string | Uint8Array,
  observe: Observe<ResponderEvent>,
): Promise<void> {
  const addressed = kit.read(msg);
  if (!addressed) return;
  const payload = typeof answer === "string" ? answer : new TextDecoder().decode(answer);
  const options = { headers: kit.replyHeaders({ ...addressed, id: request }, "ok", payload) };
  const event = { type: "replied", request, status: "ok", to: addressed.replyTo, payload } as const;
  if (names.keeping(addressed.replyTo)) {
    const js = jetstream(nc, { checkAPI: false });
    try {
      const { stream, seq: sequence } = await js.publish(addressed.replyTo, answer, options);
      observe({ ...event, stream, sequence });
    } catch (error) {
      const second = error instanceof JetStreamApiError && isSecondReply(names, addressed.replyTo, error.apiError());
      if (!second) throw error;
      observe({ type: "reply-refused", request, reason: error.message });
    }
  } else {
    nc.publish(addressed.replyTo, answer, options);
    observe(event);
  }
}

function asRequest(id: string, subject: string, pattern: string, msg: JsMsg): HandlerRequest {
  return {
    id,
    subject,
    pattern,
    data: msg.data,
    headers: msg.headers ?? headers(),
    get text() {
      return readText(msg.data);
    },
    deliveryCount: msg.info.deliveryCount,
    signal: new AbortController().signal,
    json: () => msg.json(),
    inProgress: () => msg.working(),
  };
}

// A server with examples/permissions.conf as it stands (flags win over its port and store), and its users connected.
import { readFileSync } from "node:fs";
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import {
  type KitError,
  type Observe,
  Requester,
  type RequesterOptions,
  Responder,
  type ResponderEvent,
} from "../../src/index.js";
import { fromClientError } from "../internal/protocol.js";
import { startTestServer } from "../support/server.js";

export const file = readFileSync(new URL("../../examples/permissions.conf", import.meta.url), "utf8");

/** `role` is whose inbox prefix and password it has; a variant of a role goes by another user name. */
export async function startAccounts(config = file) {
  const server = await startTestServer({ config });
  const as = (role: string, user = role): Promise<NatsConnection> =>
    server.connect({ user, pass: role, inboxPrefix: `_INBOX_${role}` });
  return { server, as, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

export const requester = (nc: NatsConnection, role: string, options: Partial<RequesterOptions> = {}) =>
  Requester.open(nc, { name: role, inboxPrefix: `_INBOX_${role}`, timeoutMs: 10_000, ...options });

/** What a handler of `order-held` does for a payload: it says that it began, and waits. */
export const holds = new Map<string, { began(): void; held: Promise<unknown> }>();

/** Its handlers has `order-echo`, which answers with what was sent: a requester can then have any text stored. `order-courses` has one part. */
export const responder = (nc: NatsConnection, observe: Observe<ResponderEvent> = () => {}) =>
  Responder.start(nc, {
    name: "kitchen",
    observe,
    inboxPrefix: "_INBOX_responder",
    handlers: {
      "order-bagel": "🥯",
      "order-echo": (request) => request.text,
      "order-held": async ({ text }) => {
        holds.get(text)?.began();
        await holds.get(text)?.held;
        return "true reply";
      },
      "order-courses": async function* () {
        yield "🥗";
        return "🍨";
      },
    },
  });

/** A reply read by its subject: what a permission can name. Undefined where none is stored. */
export async function readMailbox(nc: NatsConnection, mailbox: string): Promise<Msg | undefined> {
  const msg = await nc.request(`$JS.API.DIRECT.GET.REPLIES.${mailbox}`, "", { timeout: 5_000 });
  return msg.headers?.code === 404 ? undefined : msg;
}

/** Why it failed, told as the kit tells it; undefined when it did not. */
export async function refusal(what: Promise<unknown>): Promise<KitError | undefined> {
  try {
    await what;
    return undefined;
  } catch (error) {
    return fromClientError("it", error);
  }
}

/** Rejects when the server refuses the subscription; that it takes it is known after a round trip. */
export async function subscribe(nc: NatsConnection, subject: string): Promise<void> {
  let refused: Error | undefined;
  const subscription = nc.subscribe(subject, {
    callback: (error) => {
      if (error) refused = error;
    },
  });
  await nc.flush();
  subscription.unsubscribe();
  if (refused) throw refused;
}

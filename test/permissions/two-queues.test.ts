// Two queues in one account: the users of examples/permissions.conf, once for each queue, cannot touch the other queue.
import type { NatsConnection } from "@nats-io/nats-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collect, NotPermittedError, type QueueOptions, Requester, Responder, setup } from "../../src/index.js";
import { startTestServer, type TestServer } from "../support/server.js";
import { file, refusal, subscribe } from "./accounts.js";

/** As docs/permissions.md says it: streams and subjects of a queue have its name before them. */
const ofQueue = (roles: string, queue: string) =>
  roles
    .replace(/\b(REQUESTS|REPLIES|DEAD_LETTERS)\b/g, `${queue.toUpperCase()}_$1`)
    .replace(/\b(requests|replies|replied)\./g, `${queue}.$1.`)
    .replace(/^([A-Z]+): \{/gm, `${queue.toUpperCase()}_$1: {`)
    .replace(/_INBOX_/g, `_INBOX_${queue}_`);

const queues = ["", "bakery"] as const;
type QueueName = (typeof queues)[number];
const roles = ["admin", "responder", "alice", "bob", "collector"] as const;
const optionsOf = (queue: QueueName): QueueOptions => (queue === "" ? {} : { queue });
const userOf = (queue: QueueName, role: string) => (queue === "" ? role : `${queue}_${role}`);

const [, permissions = ""] = /^(ADMIN: [\s\S]*)^accounts \{/m.exec(file) ?? [];
const users = queues
  .flatMap((queue) => roles.map((role) => userOf(queue, role)))
  .map((user) => `{ user: ${user}, password: x, permissions: $${user.toUpperCase()} }`);
const config = `${permissions}\n${ofQueue(permissions, "bakery")}
accounts { ORDERS { jetstream: { max_streams: 6, max_consumers: 10 }\n users: [ ${users.join("\n")} ] } }`;

let server: TestServer;
const nc: Record<string, NatsConnection> = {};
const responders: Responder[] = [];
const requesters: Record<string, Requester> = {};

beforeAll(async () => {
  server = await startTestServer({ config });
  for (const queue of queues) {
    for (const role of roles) {
      const user = userOf(queue, role);
      nc[user] = await server.connect({ user, pass: "x", inboxPrefix: `_INBOX_${user}` });
    }
    await setup(of(queue, "admin"), { ...optionsOf(queue), storage: "memory" });
    responders.push(
      await Responder.start(of(queue, "responder"), {
        ...optionsOf(queue),
        handlers: { loaf: ({ text }) => `${text} from the ${queue || "default"} queue` },
      }),
    );
    for (const name of ["alice", "bob"]) {
      const options = { ...optionsOf(queue), name, timeoutMs: 10_000 };
      requesters[userOf(queue, name)] = await Requester.open(of(queue, name), options);
    }
  }
});
afterAll(async () => {
  await Promise.all(responders.map((responder) => responder.drain()));
  await server?.[Symbol.asyncDispose]();
});

const of = (queue: QueueName, role: string) => nc[userOf(queue, role)] as NatsConnection;

test.each(queues)("the users of queue %j do their work", async (queue) => {
  const alice = requesters[userOf(queue, "alice")] as Requester;
  expect(await alice.request("loaf", "rye")).toMatchObject({ text: `rye from the ${queue || "default"} queue` });
  const bob = requesters[userOf(queue, "bob")] as Requester;
  const handle = await bob.send("loaf", "oat");
  const found = await collect(of(queue, "collector"), handle, { timeoutMs: 10_000 });
  expect(found).toMatchObject({ text: `oat from the ${queue || "default"} queue` });
  expect((await setup(of(queue, "admin"), { ...optionsOf(queue), storage: "memory" })).unchanged).toHaveLength(4);
});

describe.each<[QueueName, QueueName]>([
  ["", "bakery"],
  ["bakery", ""],
])("users of queue %j, in queue %j,", (own, other) => {
  const prefix = other === "" ? "" : `${other}.`;
  const streams = other === "" ? "" : `${other.toUpperCase()}_`;

  test("send no request", async () => {
    const options = {
      ...optionsOf(other),
      name: "alice",
      inboxPrefix: `_INBOX_${userOf(own, "alice")}`,
      sendOnly: true,
    };
    await using alice = await Requester.open(of(own, "alice"), options);
    await expect(alice.send("loaf", "", { timeoutMs: 2_000 })).rejects.toThrow(NotPermittedError);
  });

  test("open no requester and start no responder", async () => {
    await expect(Requester.open(of(own, "alice"), { ...optionsOf(other), name: "alice" })).rejects.toThrow(
      NotPermittedError,
    );
    const started = Responder.start(of(own, "responder"), { ...optionsOf(other), handlers: {} });
    await expect(started).rejects.toThrow(NotPermittedError);
  });

  test("collect no reply, and change no stream", async () => {
    const bob = requesters[userOf(other, "bob")] as Requester;
    const handle = await bob.send("loaf", "spelt");
    await bob.collect(handle, { timeoutMs: 10_000 });
    for (const role of ["alice", "bob", "collector", "responder", "admin"]) {
      await expect(collect(of(own, role), handle), role).rejects.toThrow(NotPermittedError);
    }
    await expect(setup(of(own, "admin"), { ...optionsOf(other), storage: "memory" })).rejects.toThrow(
      NotPermittedError,
    );
  });

  test.each(roles)("%s may not subscribe or publish there", async (role) => {
    for (const subject of [
      `${prefix}replied.bob.*`,
      `${prefix}requests.>`,
      `${prefix}replies.>`,
      `${prefix}cancels.*`,
    ]) {
      expect(await refusal(subscribe(of(own, role), subject)), subject).toBeInstanceOf(NotPermittedError);
    }
    for (const subject of [
      `${prefix}requests.loaf`,
      `${prefix}replies.bob.x`,
      `$JS.API.STREAM.INFO.${streams}REQUESTS`,
      `$JS.API.STREAM.PURGE.${streams}REQUESTS`,
      `$JS.API.CONSUMER.MSG.NEXT.${streams}REQUESTS.responder`,
      `$JS.API.DIRECT.GET.${streams}REPLIES.${prefix}replies.bob.x`,
    ]) {
      const asked = of(own, role).request(subject, "", { timeout: 2_000 });
      expect(await refusal(asked), subject).toBeInstanceOf(NotPermittedError);
    }
  });
});

// Least privilege: for every line of examples/permissions.conf there is a user here who lacks just that one, and who cannot
// do what its role has to. A line that nobody misses has no place in the file.
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { NotPermittedError, setup } from "../../src/index.js";
import { gate } from "../support/harness.js";
import { file, readMailbox, refusal, requester, responder, startAccounts, subscribe } from "./accounts.js";

/** `ALICE: { ... }` at the start of a line, with its quoted subjects. */
const roles = [...file.matchAll(/^([A-Z]+): \{\n([\s\S]*?)^\}/gm)].map(([, name = "", body = ""]) => ({
  name,
  role: name.toLowerCase(),
  body,
  lines: [...body.matchAll(/^ +"(.+)"$/gm)].map((match) => match[1] as string),
}));

/** An empty list would allow everything. */
const lacking = roles.flatMap(({ name, role, body, lines }) =>
  lines.map((line, n) => ({
    ...{ role, line, user: `${role}${n}` },
    definition: `${name}${n}: {\n${body.replace(`"${line}"\n`, '"nothing"\n')}}\n`,
    entry: `{ user: ${role}${n}, password: ${role}, permissions: $${name}${n} }`,
  })),
);

const definitions = lacking.map(({ definition }) => definition).join("");
const entries = lacking.map(({ entry }) => entry).join("\n");
const config = file
  .replace("accounts {", () => `${definitions}accounts {`)
  .replace("users: [", () => `users: [\n{ user: root, password: root }\n${entries}`);

let accounts: Awaited<ReturnType<typeof startAccounts>>;
let root: NatsConnection;
let jsm: JetStreamManager;
beforeAll(async () => {
  accounts = await startAccounts(config);
  root = await accounts.as("root");
  jsm = await jetstreamManager(root);
});
afterAll(() => accounts?.[Symbol.asyncDispose]());

async function remove(): Promise<void> {
  for (const name of ["REQUESTS", "REPLIES", "DEAD_LETTERS"]) await jsm.streams.delete(name).catch(() => {}); // not there
}
beforeEach(async () => {
  await remove();
  await setup(root, { storage: "memory" });
});

/** What each role has to be able to do; rejects where it cannot. */
const duties: Record<string, (nc: NatsConnection) => Promise<unknown>> = {
  admin: async (nc) => {
    await remove();
    await setup(nc, { storage: "memory" });
    await setup(nc, { storage: "memory", ackWaitMs: 20_000, update: true });
  },
  responder: async (nc) => {
    const acked = gate();
    let refuse: (error: Error) => void = () => {};
    const refused = new Promise<never>((_, reject) => {
      refuse = (error) => reject(error);
    });
    await using kitchen = await responder(nc, (event) => {
      if (event.type === "acked") acked.open();
      // The responder keeps a reply that it may not store, and does not end.
      if (event.type === "not-stored") refuse(new NotPermittedError(event.reason));
    });
    await using sender = await requester(root, "root");
    const asked = sender.request("order-courses").then(async ({ status, text }) => {
      if (status === "error") throw new NotPermittedError(text); // of a part
      await acked.opened;
    });
    try {
      await Promise.race([asked, refused, kitchen.closed]);
    } catch (error) {
      asked.catch(() => {});
      await kitchen.drain({ timeoutMs: 0 });
      throw error;
    }
    await nc.flush(); // by now it has heard of a refusal
    await kitchen.drain();
    await kitchen.closed;
    expect((await jsm.streams.info("REQUESTS")).state.messages).toBe(0);
  },
  alice: (nc) => request(nc, "alice"),
  bob: (nc) => request(nc, "bob"),
  collector: async (nc) => {
    for (const subject of ["replied.bob.*", "replied.bob.*.*"]) await subscribe(nc, subject);
    for (const subject of ["replies.bob.any", "replies.bob.any.1"]) await readMailbox(nc, subject);
  },
};

async function request(nc: NatsConnection, name: string): Promise<void> {
  await using _ = await responder(root);
  await using sender = await requester(nc, name);
  const replies = sender.requestMany("order-courses");
  expect((await replies.next()).value).toMatchObject({ part: 1 });
  expect((await replies.next()).value).toMatchObject({ last: true, parts: 1 });
  for (const subject of [`replies.${name}.any`, `replies.${name}.any.1`]) await readMailbox(nc, subject);
}

const attempt = async (role = "", user = role) => duties[role]?.(await accounts.as(role, user));

test("permissions.conf has five roles", () => {
  expect(roles.map(({ role }) => role)).toEqual(Object.keys(duties));
});

test.each(roles.map(({ role }) => role))("role %s has every permission that it needs", async (role) => {
  await attempt(role);
});

test.each(lacking.map(({ role, line, user }) => [role, line, user]))(
  "role %s fails without %s",
  async (role, _, user) => {
    expect(await refusal(attempt(role, user))).toBeInstanceOf(NotPermittedError);
  },
);

// An account that allows one inbox prefix only: told to the connection once, it holds for all that uses the connection.
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  collect,
  InvalidInputError,
  locate,
  NotPermittedError,
  openConnection,
  Requester,
  Responder,
  setup,
} from "../../src/index.js";
import { orderHandlers } from "../internal/runner.js";
import { jsrr } from "../support/cli.js";
import { soon } from "../support/harness.js";
import { startTestServer, type TestServer } from "../support/server.js";

const allowed = JSON.stringify(["mine.own.>", "replied.>", "cancels.>", "$JS.EVENT.>"]);
const config = `accounts { A { jetstream: enabled, users: [
  { user: me, password: p, permissions: { subscribe: { allow: ${allowed} } } }
] } }`;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ config });
});
afterAll(() => server[Symbol.asyncDispose]());

const open = (inboxPrefix?: string) =>
  openConnection({ ...{ servers: server.url, user: "me", password: "p" }, ...(inboxPrefix ? { inboxPrefix } : {}) });

test("the library and the command line work with the inbox prefix, and the server refuses them without it", async () => {
  const nc = await open("mine.own");
  const other = await open();
  try {
    await setup(nc, { storage: "memory" });
    await using _ = await Responder.start(nc, { name: "bob", handlers: orderHandlers });
    await using mailbox = await Requester.open(nc, { name: "alice" });
    await using inbox = await Requester.open(nc, { name: "alice", reply: "inbox" });
    await using sender = await Requester.open(nc, { sendOnly: true, name: "carol" });
    const replies = await Promise.all([mailbox, inbox].map((alice) => alice.request("order-bagel")));
    expect(replies.map(({ text }) => text)).toEqual(["🥯", "🥯"]);
    const handle = await sender.send("order-sandwich");
    await expect.poll(() => collect(nc, handle), soon).toMatchObject({ text: "🥪" });
    expect(await locate(nc, handle)).toMatchObject({ where: "replied" });

    for (const without of [
      () => Requester.open(other, { name: "alice" }),
      () => Requester.open(other, { sendOnly: true, name: "a" }),
    ]) {
      await expect(without()).rejects.toBeInstanceOf(NotPermittedError);
    }
    const flags = ["--server", server.url, "--user", "me", "--password", "p"];
    const command = await jsrr(["request", "order-flatbread", ...flags, "--inbox-prefix", "mine.own"]);
    expect(command).toMatchObject({ code: 0, stdout: expect.stringContaining("🥙") });
  } finally {
    await Promise.all([nc.close(), other.close()]);
  }
});

test.each(["", "a b", "a.*", ">", "a..b", ".a"])(
  "the inbox prefix %j is refused before anything connects",
  async (prefix) => {
    const opened = openConnection({ servers: "127.0.0.1:1", inboxPrefix: prefix });
    await expect(opened).rejects.toBeInstanceOf(InvalidInputError);
  },
);

// A stored reply is read by a direct get, where a permission can name the mailbox; and by the stream's leader where that fails.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  collect,
  JetStreamUnavailableError,
  NoAnswerError,
  NotPermittedError,
  Requester,
  Responder,
  setup,
} from "../../src/index.js";
import { orderHandlers } from "../internal/runner.js";
import { startTestServer, type TestServer } from "../support/server.js";
import { serverIs } from "../support/server-version.js";

const only = (user: string, ...subjects: string[]) =>
  `{ user: ${user}, password: p, permissions: { publish: { allow: ${JSON.stringify(subjects)} } } }`;
const direct = "$JS.API.DIRECT.GET.REPLIES.replies.alice.*";
const leader = "$JS.API.STREAM.MSG.GET.REPLIES";
const config = `accounts {
  OFF { users: [{ user: nojs, password: p }] }
  A { jetstream: enabled, users: [{ user: root, password: p }, ${only("informed", direct, "$JS.API.STREAM.INFO.REPLIES")}, ${only("directly", direct)}, ${only("byleader", leader)}, ${only("neither", "x")}] }
}`;

const tells = serverIs("2.10.26");

let server: TestServer;
let root: NatsConnection;
const as = (user: string) => server.connect({ user, pass: "p" });
const handle = { requester: "alice", request: "lunch", stream: "REQUESTS", sequence: 1 };
const none = { ...handle, request: "none" };
const read = async (user: string, what = handle) =>
  collect(await as(user), what).then(
    (reply) => reply?.text,
    (error: Error) => error,
  );

beforeAll(async () => {
  server = await startTestServer({ config });
  root = await as("root");
  await setup(root, { storage: "memory" });
  await using _ = await Responder.start(root, { name: "bob", handlers: orderHandlers });
  await using alice = await Requester.open(root, { name: "alice" });
  await alice.request("order-bagel", "", { id: "lunch" });
});
afterAll(() => server[Symbol.asyncDispose]());

test("either read permission is enough, and an empty mailbox has no reply", async () => {
  expect(await Promise.all(["directly", "byleader"].map((user) => read(user)))).toEqual(["🥯", "🥯"]);
  expect(await Promise.all(["directly", "byleader"].map((user) => read(user, none)))).toEqual([undefined, undefined]);
  const refused = await read("neither");
  expect(refused).toBeInstanceOf(NotPermittedError);
  expect((refused as Error).message).toContain("$JS.API.DIRECT.GET.REPLIES.replies.alice.lunch");
});

test("a stream without allow_direct is read through its leader, and a missing permission is reported as no answer", async () => {
  const jsm = await jetstreamManager(root);
  await jsm.streams.update("REPLIES", { allow_direct: false });
  try {
    expect(await read("byleader")).toBe("🥯");
    expect(await read("root")).toBe("🥯");
    const told = await read("directly");
    // An older server is silent where nobody serves a subject: it may as well be slow.
    expect(told).toBeInstanceOf(tells ? JetStreamUnavailableError : NoAnswerError);
    if (!tells) return;
    expect((told as Error).message).toContain("set allow_direct on the stream");
    expect((told as Error).message).not.toContain("jsrr setup");
    expect(((await read("informed")) as Error).message).toMatch(
      /set allow_direct on the stream \(`jsrr setup --update`\)/,
    );
  } finally {
    await jsm.streams.update("REPLIES", { allow_direct: true });
  }
});

test.skipIf(!tells)("the advice of setup comes only if the server says that REPLIES does not exist", async () => {
  await using empty = await startTestServer({ config });
  const nc = await empty.connect({ user: "informed", pass: "p" });
  await expect(collect(nc, handle)).rejects.toThrow(/stream not found; run `jsrr setup` first/);
});

test("a mailbox is unavailable without JetStream", async () => {
  expect(await read("nojs")).toBeInstanceOf(JetStreamUnavailableError);
});

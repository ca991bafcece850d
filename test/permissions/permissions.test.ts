// What examples/permissions.conf allows works with the kit, and what it forbids is refused with NotPermittedError.
import type { NatsConnection } from "@nats-io/nats-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  collect,
  collectMany,
  NotPermittedError,
  planSetup,
  Requester,
  RequestTimeoutError,
  Responder,
  setup,
} from "../../src/index.js";
import { orderHandlers } from "../internal/runner.js";
import { readMailbox, refusal, requester, responder, startAccounts, subscribe } from "./accounts.js";

const roles = ["admin", "responder", "alice", "bob", "collector"] as const;
const nc = {} as Record<(typeof roles)[number], NatsConnection>;
let accounts: Awaited<ReturnType<typeof startAccounts>>;
let kitchen: Responder;
beforeAll(async () => {
  accounts = await startAccounts();
  for (const role of roles) nc[role] = await accounts.as(role);
  await setup(nc.admin, { storage: "memory" });
  kitchen = await responder(nc.responder);
  await using bob = await requester(nc.bob, "bob");
  await bob.request("order-bagel", "", { id: "stored" });
  await bob.request("order-courses", "", { id: "parts" });
});
afterAll(async () => {
  await kitchen?.drain();
  await accounts?.[Symbol.asyncDispose]();
});

const bobs = { requester: "bob", request: "stored", stream: "REQUESTS", sequence: 1 };

describe("the permissions allow what the kit needs:", () => {
  test("admin sets up the streams, repeats the set-up and changes it", async () => {
    expect((await setup(nc.admin, { storage: "memory" })).unchanged).toHaveLength(4);
    const changed = await setup(nc.admin, { storage: "memory", ackWaitMs: 20_000, update: true });
    expect(changed.updated).toEqual(["consumer responder on REQUESTS"]);
  });

  test.each(["alice", "bob"] as const)("%s sends requests and gets the replies", async (name) => {
    await using sender = await requester(nc[name], name);
    const replies = await Promise.all(["order-bagel", "order-soup"].map((order) => sender.request(order)));
    expect(replies.map(({ status }) => status)).toEqual(["ok", "rejected"]);
  });

  test("alice gets several replies to one request, and may not read them by STREAM.MSG.GET", async () => {
    await using alice = await requester(nc.alice, "alice");
    const heard: string[] = [];
    for await (const { text } of alice.requestMany("order-courses")) heard.push(text);
    expect(heard).toEqual(["🥗", "🍨"]);
    for await (const { text } of alice.requestMany("order-bagel")) heard.push(text);
    expect(heard).toEqual(["🥗", "🍨", "🥯"]);
  });

  test.each(["bob", "collector"] as const)("%s collects several replies later", async (name) => {
    const parts = { ...bobs, request: "parts" };
    const heard: string[] = [];
    for await (const { text } of collectMany(nc[name], parts)) heard.push(text);
    for await (const { text } of collectMany(nc[name], parts, { timeoutMs: 10_000 })) heard.push(text);
    expect(heard).toEqual(["🥗", "🍨", "🥗", "🍨"]);
  });

  test.each(["bob", "collector"] as const)("%s collects a reply later by its subject", async (name) => {
    expect((await readMailbox(nc[name], "replies.bob.stored"))?.string()).toBe("🥯");
    expect(await readMailbox(nc[name], "replies.bob.none")).toBeUndefined();
    expect(await collect(nc[name], bobs)).toMatchObject({ status: "ok", text: "🥯" });
    expect(await collect(nc[name], { ...bobs, request: "none" })).toBeUndefined();
  });
});

describe("a permission that the kit can use and does not need", () => {
  test("a requester that may not look for a request after a time-out says so, and its handle is valid", async () => {
    // Nobody answers at an inbox: the responder may not publish there.
    await using bob = await requester(nc.bob, "bob", { reply: "inbox" });
    const error = await bob.request("order-bagel", "", { timeoutMs: 1_000 }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(RequestTimeoutError);
    const evidence = expect.stringContaining("may not publish to $JS.API.STREAM.INFO.REQUESTS");
    expect(error.findings).toMatchObject({ whereabouts: "unknown", evidence });
    expect(error.handle.sequence).toBeGreaterThan(0);
  });
});

describe("alice may not subscribe to", () => {
  test.each([
    ...[
      "replied.bob.>",
      "replied.bob.*",
      "replied.bob.*.*",
      "replied.*.*",
      "replied.*.*.*",
      "replied.>",
      "replies.>",
      "replies.alice.*",
    ],
    ...["requests.>", "_INBOX_bob.>", "_INBOX_responder.>", "_INBOX.>", "*.>", ">"],
    ...["$JS.>", "$JS.EVENT.ADVISORY.>", "$SYS.>"],
  ])("%s", async (subject) => {
    expect(await refusal(subscribe(nc.alice, subject))).toBeInstanceOf(NotPermittedError);
  });

  test("alice can subscribe to each subject that she is allowed", async () => {
    expect(await refusal(subscribe(nc.alice, "replied.alice.*"))).toBeUndefined();
  });
});

const mailbox = { last_by_subj: "replies.bob.stored" };
const spying = { stream_name: "REPLIES", config: { ack_policy: "none" } };

describe("alice may not publish to", () => {
  test.each<[string, object?]>([
    ["$JS.API.STREAM.MSG.GET.REPLIES", mailbox],
    ["$JS.API.DIRECT.GET.REPLIES", mailbox],
    ["$JS.API.DIRECT.GET.REPLIES.replies.bob.stored"],
    ["$JS.API.DIRECT.GET.REPLIES.replies.*.*"],
    ["$JS.API.DIRECT.GET.REPLIES.replies.>"],
    ["$JS.API.STREAM.MSG.GET.REQUESTS", { seq: 1 }],
    ["$JS.API.DIRECT.GET.REQUESTS", { seq: 1 }],
    ["$JS.API.STREAM.INFO.REPLIES", { subjects_filter: ">" }],
    ["$JS.API.STREAM.INFO.REQUESTS"],
    ["$JS.API.STREAM.CREATE.SPY", { name: "SPY", mirror: { name: "REPLIES" } }],
    ["$JS.API.STREAM.UPDATE.REPLIES", planSetup().streams[1] as object],
    ["$JS.API.STREAM.PURGE.REPLIES"],
    ["$JS.API.STREAM.DELETE.REPLIES"],
    ["$JS.API.STREAM.MSG.DELETE.REPLIES", { seq: 1 }],
    ["$JS.API.CONSUMER.CREATE.REPLIES", spying],
    ["$JS.API.CONSUMER.CREATE.REPLIES.spy.replies.alice.*", spying],
    ["$JS.API.CONSUMER.DELETE.REQUESTS.responder"],
    ["$JS.API.CONSUMER.MSG.NEXT.REQUESTS.responder", { batch: 1 }],
    ["$JS.ACK.REQUESTS.responder.1.1.1.1.0"],
    ["$SYS.REQ.SERVER.PING"],
    ["replies.bob.forged"],
    ["replies.alice.forged"],
    ["replies.bob.forged.1"],
    ["$JS.API.DIRECT.GET.REPLIES.replies.bob.stored.1"],
    ["replied.bob.forged"],
    ["_INBOX_bob.forged"],
  ])("%s", async (subject, body) => {
    const asked = nc.alice.request(subject, body ? JSON.stringify(body) : "", { timeout: 5_000 });
    expect(await refusal(asked)).toBeInstanceOf(NotPermittedError);
  });

  test.each([mailbox, { seq: 1 }, { seq: 1, batch: 10 }, { multi_last: ["replies.bob.>"] }])(
    "a direct get on alice's own mailbox subject with another name in its body, %j, is a bad request",
    async (body) => {
      const subject = "$JS.API.DIRECT.GET.REPLIES.replies.alice.any";
      const answer = await nc.alice.request(subject, JSON.stringify(body), { timeout: 5_000 });
      expect([answer.headers?.code, answer.string()]).toEqual([408, ""]);
    },
  );
});

describe("with the kit, alice may not be", () => {
  const inboxPrefix = "_INBOX_alice";
  test.each<[string, () => Promise<unknown>]>([
    ["bob", () => Requester.open(nc.alice, { name: "bob", inboxPrefix })],
    ["bob who comes back", () => collect(nc.alice, bobs)],
    ["bob who comes back for several", () => collectMany(nc.alice, bobs).next()],
    ["bob who comes back and waits", () => collect(nc.alice, bobs, { timeoutMs: 5_000 })],
    ["a responder", () => Responder.start(nc.alice, { name: "alice", handlers: orderHandlers, inboxPrefix })],
    ["the administrator", async () => setup(nc.alice)],
    [
      "at the inbox that everybody has by default",
      () => Requester.open(nc.alice, { name: "alice", inboxPrefix: "_INBOX" }),
    ],
  ])("%s", async (_, attempt) => {
    expect(await refusal(attempt())).toBeInstanceOf(NotPermittedError);
  });
});

test("a refused request whose observer throws ends its requester, and not the process", async () => {
  const observe = ({ type }: { type: string }) => {
    if (type === "request-failed") throw new Error("no more room in the history");
  };
  await using bob = await requester(nc.collector, "bob", { inboxPrefix: "_INBOX_collector", observe });
  expect(await refusal(bob.request("order-bagel"))).toBeInstanceOf(NotPermittedError);
  await expect(bob.request("order-bagel")).rejects.toThrow("no more room in the history");
});

test.each(["requests.order-bagel", "$JS.API.STREAM.MSG.GET.REPLIES", "$JS.API.STREAM.PURGE.REPLIES"])(
  "neither the responder nor the collector may publish to %s",
  async (subject) => {
    for (const who of [nc.responder, nc.collector]) {
      expect(await refusal(who.request(subject, "", { timeout: 5_000 }))).toBeInstanceOf(NotPermittedError);
    }
  },
);

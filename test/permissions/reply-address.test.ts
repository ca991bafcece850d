// A reply address is the sender's word, and the responder publishes there with its own permissions. First what the kit and
// the permissions keep off, then what they do not (docs/permissions.md says so): all of that needs the id of bob's request
// beforehand, so an id that cannot be guessed is what protects him.
import { jetstreamManager } from "@nats-io/jetstream";
import { headers, type NatsConnection } from "@nats-io/nats-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  collect,
  ForeignReplyError,
  KitError,
  NotPermittedError,
  type Responder,
  type ResponderEvent,
  setup,
} from "../../src/index.js";
import { gate, soon } from "../support/harness.js";
import { holds, readMailbox, refusal, requester, responder, startAccounts } from "./accounts.js";

let accounts: Awaited<ReturnType<typeof startAccounts>>;
let kitchen: Responder;
const refused: ResponderEvent[] = [];
let alice: NatsConnection;
let bob: NatsConnection;
let admin: NatsConnection;
beforeAll(async () => {
  accounts = await startAccounts();
  [admin, alice, bob] = await Promise.all([accounts.as("admin"), accounts.as("alice"), accounts.as("bob")]);
  await setup(admin, { storage: "memory" });
  kitchen = await responder(await accounts.as("responder"), (event) => {
    if (event.type === "reply-refused") refused.push(event);
  });
});
afterAll(async () => {
  await kitchen?.drain();
  await accounts?.[Symbol.asyncDispose]();
});

/** A request of alice's own making. */
function ask(order: string, text: string, id: string, replyTo: string) {
  const h = headers();
  h.set("Nats-Msg-Id", id);
  h.set("Reply-To", replyTo);
  return alice.request(`requests.${order}`, text, { headers: h, timeout: 5_000 });
}

/** As bob comes back for it. */
const replyOf = (request: string) =>
  collect(bob, { requester: "bob", request, stream: "REQUESTS", sequence: 0 }).then(
    (reply) => reply?.text,
    (error: Error) => error,
  );

const inMailbox = async (id: string) => (await readMailbox(bob, `replies.bob.${id}`))?.string();

test.each(["REPLIES", "REQUESTS"])("the admin may not have messages of %s sent to itself", async (name) => {
  const jsm = await jetstreamManager(admin, { checkAPI: false });
  const { config } = await jsm.streams.info(name);
  const spying = { ...config, republish: { src: ">", dest: "_INBOX_admin.spy.>" } };
  expect(await refusal(jsm.streams.update(name, spying))).toBeInstanceOf(NotPermittedError);
  expect(await refusal(jsm.streams.add(spying))).toBeInstanceOf(KitError);
  expect((await jsm.streams.info(name)).config.republish).toEqual(config.republish);
});

test("a requester that fills the queue leaves room for replies, and reaches no other account's storage", async () => {
  const jsm = await jetstreamManager(admin, { checkAPI: false });
  const size = async (name: string) => (await jsm.streams.info(name)).config.max_bytes;
  const sizes = await Promise.all(["REQUESTS", "REPLIES", "DEAD_LETTERS"].map(size));
  const most = 256 * 1024 * 1024;
  expect(sizes.map((bytes) => Math.round((100 * bytes) / most))).toEqual([60, 30, 10]);
});

describe("a forged reply address that is refused", () => {
  test.each([
    ...["$JS.API.STREAM.PURGE.REPLIES", "$SYS.REQ.SERVER.PING", "requests.order-bagel", "replied.bob.astray"],
    ...["_INBOX_bob.astray", "any.other.service", "replies.bob", "replies.a.b.c"],
  ])("%s receives nothing, and the responder continues", async (address) => {
    const arrived: string[] = [];
    const callback = (_: unknown, { subject }: { subject: string }) => void arrived.push(subject);
    const listening = ["_INBOX_bob.astray", "replied.bob.astray"].map((s) => bob.subscribe(s, { callback }));
    await bob.flush();
    await ask("order-echo", "astray", `astray ${address}`, address);
    // Answered in turn: when this one is, the one before has been.
    await using sender = await requester(bob, "bob");
    expect(await sender.request("order-bagel")).toMatchObject({ status: "ok", text: "🥯" });
    await bob.flush();
    expect(arrived).toEqual([]);
    for (const subscription of listening) subscription.unsubscribe();
  });
});

test("a reply to an inbox that the server refuses is reported as not replied", async () => {
  await ask("order-echo", "astray", "unheard", "_INBOX_bob.unheard");
  const reason = expect.stringContaining("not replied: The account may not publish to _INBOX_bob.unheard");
  await expect.poll(() => refused, soon).toContainEqual({ type: "reply-refused", request: "unheard", reason });
});

describe("a forged reply address that is not refused, for an id that is known beforehand", () => {
  test("a Reply-To in bob's mailbox makes the responder store alice's reply there", async () => {
    await ask("order-echo", "from alice", "any", "replies.bob.guessed-1");
    await expect.poll(() => inMailbox("guessed-1"), soon).toBe("from alice");
    expect(await replyOf("guessed-1")).toBeInstanceOf(ForeignReplyError);
  });

  test("a Reply-To in bob's mailbox under bob's own id cannot be told from a reply", async () => {
    await ask("order-echo", "from alice", "guessed-5", "replies.bob.guessed-5");
    await expect.poll(() => replyOf("guessed-5"), soon).toBe("from alice");
  });

  test("a publish whose reply subject is bob's mailbox makes the server store its PubAck there", async () => {
    alice.publish("requests.order-bagel", "", { reply: "replies.bob.guessed-2" });
    await expect.poll(() => inMailbox("guessed-2"), soon).toMatch(/^\{"stream":"REQUESTS"/);
    expect(await replyOf("guessed-2")).toBeInstanceOf(ForeignReplyError);
  });

  test("a direct get whose reply subject is bob's mailbox makes the server copy alice's own reply there with its headers", async () => {
    await using sender = await requester(alice, "alice");
    await sender.request("order-echo", "of alice's choice", { id: "mine" });
    alice.publish("$JS.API.DIRECT.GET.REPLIES.replies.alice.mine", "", { reply: "replies.bob.guessed-3" });
    await expect.poll(() => inMailbox("guessed-3"), soon).toBe("of alice's choice");
    expect(await replyOf("guessed-3")).toBeInstanceOf(ForeignReplyError);
  });

  /** `send` gets what a direct get needs: the server publishes alice's own reply as if it were republished from bob's mailbox. */
  async function whileBobWaits(id: string, requestId: string) {
    const opened = gate();
    const { opened: held, open: release } = gate();
    holds.set(id, { began: opened.open, held });
    await using sender = await requester(bob, "bob");
    const reply = sender.request("order-held", id, { id });
    await opened.opened;
    const h = headers();
    for (const [name, value] of [
      ["Nats-Msg-Id", `${id}-forged`],
      ["Request-Id", requestId],
      ["Reply-To", `replies.alice.${id}`],
    ])
      h.set(name as string, value as string);
    await alice.request("requests.order-echo", "from alice", { headers: h, timeout: 5_000 });
    await expect.poll(async () => (await readMailbox(alice, `replies.alice.${id}`))?.string(), soon).toBe("from alice");
    alice.publish(`$JS.API.DIRECT.GET.REPLIES.replies.alice.${id}`, "", { reply: `replied.bob.${id}` });
    await alice.flush();
    // The copy has passed the server when its answer to a later direct get is here.
    await readMailbox(alice, `replies.alice.${id}`);
    await bob.flush();
    release();
    return (await reply).text;
  }

  test("a direct get whose reply subject is where bob waits does not reach him as a reply if it names another request", async () => {
    expect(await whileBobWaits("guessed-6", "another")).toBe("true reply");
  });

  test("a direct get of a reply that names bob's own id cannot be told from his reply", async () => {
    expect(await whileBobWaits("guessed-7", "guessed-7")).toBe("from alice");
  });

  test("bob's request is taken for a duplicate if alice used its id first, and is never answered", async () => {
    await ask("order-echo", "from alice", "guessed-4", "replies.alice.guessed-4");
    const h = headers();
    h.set("Nats-Msg-Id", "guessed-4");
    const ack = await bob.request("requests.order-bagel", "", { headers: h, timeout: 5_000 });
    expect(ack.json()).toMatchObject({ duplicate: true });
  });
});

// The responders of examples/, as real processes, with the kit's requester.
import { headers } from "@nats-io/nats-core";
import { expect, test } from "vitest";
import { collect } from "../../src/index.js";
import { type Harness, harnessOn, replyStatus, soon } from "../support/harness.js";
import { startTestServer } from "../support/server.js";
import { type Example, exampleFile, goProgram, node, python, run, rustProgram, withoutLanguages } from "./example.js";

const { noPython, noGo, noRust } = withoutLanguages("responder");

const inPython = (url: string) => run(python, [exampleFile("responder.py")], url);
const inGo = (url: string) => run(goProgram("responder"), [], url);
const inRust = (url: string) => run(rustProgram("responder"), [], url);
const responders: [string, (url: string) => Example][] = [
  ["responder-nats-v2.mjs", (url) => node("responder-nats-v2.mjs", url)],
  ...(noPython ? [] : [["responder.py", inPython] satisfies [string, typeof inPython]]),
  ...(noGo ? [] : [["go/responder", inGo] satisfies [string, typeof inGo]]),
  ...(noRust ? [] : [["rust/responder", inRust] satisfies [string, typeof inRust]]),
];

if (noPython) test("responder.py", (context) => context.skip(noPython));
if (noGo) test("go/responder", (context) => context.skip(noGo));
if (noRust) test("rust/responder", (context) => context.skip(noRust));

/** Long enough for the start of an interpreter on a busy machine. */
const patient = { timeoutMs: 20_000 };

async function withWorld(start: (url: string) => Example, act: (w: Harness) => Promise<void>): Promise<void> {
  await using server = await startTestServer();
  const w = await harnessOn(server);
  try {
    await using _ = start(server.url);
    await act(w);
  } finally {
    await w[Symbol.asyncDispose]();
  }
}

/** A request without the kit's requester. */
function publish(w: Harness, order: string, id: string, replyTo?: string): void {
  const h = headers();
  h.set("Nats-Msg-Id", id);
  if (replyTo !== undefined) h.set("Reply-To", replyTo);
  w.nc.publish(`requests.${order}`, "", { headers: h });
}

test.each(responders)("%s: the kit's requester gets its replies, from the mailbox and at an inbox", (_, start) =>
  withWorld(start, async (w) => {
    const alice = await w.requester(patient);
    const many = Array.from({ length: 20 }, () => alice.request("order-bagel"));
    const replies = (await Promise.all(many)).map(({ status, text }) => `${status} ${text}`);
    expect(new Set(replies)).toEqual(new Set(["ok 🥯"]));
    expect(await w.count("REPLIES")).toBe(20);
    const bob = await w.requester({ ...patient, name: "bob", reply: "inbox" });
    expect(await bob.request("order-sandwich")).toMatchObject({ status: "ok", text: "🥪" });
    await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
    expect(await w.count("REPLIES")).toBe(20);
  }),
);

test.each(responders)("%s: an order without a handler is rejected", (_, start) =>
  withWorld(start, async (w) => {
    const alice = await w.requester(patient);
    const reply = await alice.request("order-soup", "", { id: "soup" });
    expect(reply).toMatchObject({ status: "rejected", text: "no such order: order-soup" });
    const stored = await w.jsm.streams.getMessage("REPLIES", { last_by_subj: "replies.alice.soup" });
    expect(stored?.header.get("Nats-Service-Error-Code")).toBe("404");
    expect(stored?.header.get("Request-Id")).toBe("soup");
    expect(stored?.header.get("Request-Subject")).toBe("requests.order-soup");
    await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  }),
);

test.each(responders)("%s: a replayed request is answered under the id that it had", (_, start) =>
  withWorld(start, async (w) => {
    const h = headers();
    h.set("Nats-Msg-Id", "lunch-again");
    h.set("Request-Id", "lunch");
    h.set("Reply-To", "replies.alice.lunch");
    w.nc.publish("requests.order-bagel", "", { headers: h });
    const handle = { requester: "alice", request: "lunch", stream: "REQUESTS", sequence: 1 };
    expect((await collect(w.nc, handle, patient))?.text).toBe("🥯");
  }),
);

test.each(responders)("%s: the first reply wins, and the duplicate request is acknowledged", (_, start) =>
  withWorld(start, async (w) => {
    w.nc.publish("replies.alice.42", "the first", { headers: replyStatus().headers });
    await w.nc.flush();
    publish(w, "order-bagel", "42", "replies.alice.42");
    const alice = await w.requester(patient);
    await alice.request("order-bagel"); // requests are answered in turn
    await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
    const handle = { requester: "alice", request: "42", stream: "REQUESTS", sequence: 1 };
    expect((await collect(w.nc, handle))?.text).toBe("the first");
    expect(await w.count("REPLIES")).toBe(2);
  }),
);

test.each(responders)("%s: an invalid reply address or id ends its request, and the responder continues", (_, start) =>
  withWorld(start, async (w) => {
    const astray = ["$JS.API.STREAM.DELETE.REPLIES", "requests.order-bagel", "replies.alice", "replies.a.b.c"];
    for (const [n, address] of astray.entries()) publish(w, "order-bagel", `astray-${n}`, address);
    publish(w, "order-bagel", "nowhere");
    // Just short enough for the headers of the request, and too long for those of the reply.
    publish(w, "order-bagel", "x".repeat(65_460), "replies.alice.long");
    const alice = await w.requester(patient);
    expect(await alice.request("order-bagel")).toMatchObject({ status: "ok", text: "🥯" });
    await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
    expect(await w.count("REPLIES")).toBe(1);
  }),
);

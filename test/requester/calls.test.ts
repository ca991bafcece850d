// Calls: the handle while the request waits, a cancel of the call, and a signal that ends it.
import { afterAll, expect, test } from "vitest";
import {
  type CancelResult,
  collect,
  type Handle,
  type HandlerRequest,
  NotSetUpError,
  RequestAbortedError,
  type RequestCall,
  RequestTimeoutError,
} from "../../src/index.js";
import { runModule } from "../support/children.js";
import { gate, startHarnesses } from "../support/harness.js";
import { serverLacks } from "../support/server-version.js";

const harnesses = await startHarnesses();
afterAll(() => harnesses[Symbol.asyncDispose]());

const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

test("a call gives its handle before its reply, and the handle collects the reply elsewhere", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 20_000 });
  const call = alice.request("order-bagel");
  const handle = await call.stored;
  expect(handle).toMatchObject({ requester: "alice", stream: "REQUESTS", sequence: 1 });
  expect(await collect(w.nc, handle)).toBeUndefined(); // no responder runs yet
  await w.responder();
  expect((await call).text).toBe("🥯");
  expect((await collect(w.nc, handle))?.text).toBe("🥯");
  expect(await call.stored).toEqual(handle);
});

test("a call is a promise: await, then, catch, finally and Promise.all take it, and then gives a plain promise", async () => {
  await using w = await harnesses.next();
  await w.responder();
  const alice = await w.requester();
  const call = alice.request("order-bagel");
  expect(call).toBeInstanceOf(Promise);
  const texts = await Promise.all([call, alice.request("order-bagel")]);
  expect(texts.map(({ text }) => text)).toEqual(["🥯", "🥯"]);
  expect("stored" in call.then(() => 1)).toBe(false);
  expect(await call.finally(() => {})).toBe(await call);
});

test("the handle of a repeated id names the requester that sent it first", async () => {
  await using w = await harnesses.next();
  const zoe = await w.requester({ name: "zoe" });
  const first = zoe.request("order-bagel", "", { id: "brunch", timeoutMs: 20_000 });
  await first.stored;
  const again = (await w.requester()).request("order-bagel", "", { id: "brunch", timeoutMs: 20_000 });
  expect(await again.stored).toEqual(await first.stored);
  await w.responder();
  expect((await again).text).toBe((await first).text);
});

test("stored rejects with the call's own error if nothing is stored", async () => {
  await using w = await harnesses.next(false);
  const call = (await w.requester()).request("order-bagel");
  expect(await errorOf(call.stored)).toBeInstanceOf(NotSetUpError);
  expect(await errorOf(call)).toBe(await errorOf(call.stored));
});

test.each([{}, { maxOutstanding: 4 }])(
  "a signal ends a call that is sent, with %o; its request stays",
  async (limits) => {
    await using w = await harnesses.next();
    const late: [string, Handle][] = [];
    const answered = gate();
    const alice = await w.requester({
      ...limits,
      timeoutMs: 20_000,
      onLateReply: (reply, handle) => {
        late.push([reply.text, handle]);
        answered.open();
      },
    });
    const leave = new AbortController();
    const call = alice.request("order-bagel", "", { signal: leave.signal });
    const handle = await call.stored;
    const reason = new Error("the client has gone");
    leave.abort(reason);
    const error = await errorOf(call);
    expect(error).toBeInstanceOf(RequestAbortedError);
    expect(error).toMatchObject({ code: "aborted", handle, cause: reason });
    expect(alice.waiting).toBe(0);
    expect(w.of("request-failed")).toMatchObject([{ request: handle.request, open: true }]);
    await w.responder();
    await answered.opened;
    expect(late).toEqual([["🥯", handle]]);
  },
);

test("a signal that has fired sends nothing, and one that fires after the reply changes nothing", async () => {
  await using w = await harnesses.next();
  await w.responder();
  const alice = await w.requester();
  const reason = new Error("too late");
  await expect(alice.request("order-bagel", "", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(await w.count("REPLIES")).toBe(0);
  const leave = new AbortController();
  const reply = await alice.request("order-bagel", "", { signal: leave.signal });
  leave.abort();
  expect(reply.text).toBe("🥯");
  expect((await alice.request("order-bagel")).text).toBe("🥯");
});

test("with onTimeout cancel a signal also cancels the request: a running handler is aborted", async () => {
  await using w = await harnesses.next();
  const begun = gate();
  const stopped = gate();
  const bake = ({ signal }: HandlerRequest) =>
    new Promise<string>((_, reject) => {
      begun.open();
      signal.addEventListener("abort", () => {
        stopped.open();
        reject(signal.reason);
      });
    });
  await w.responder({ handlers: { bake } });
  const alice = await w.requester({ timeoutMs: 20_000 });
  const leave = new AbortController();
  const call = alice.request("bake", "", { signal: leave.signal, onTimeout: "cancel" });
  await begun.opened;
  leave.abort();
  const error = await errorOf(call);
  expect(error).toBeInstanceOf(RequestAbortedError);
  await stopped.opened;
  const reply = await collect(w.nc, (error as RequestAbortedError).handle, { timeoutMs: 10_000 });
  expect(reply?.status).toBe("cancelled");
});

test("with onTimeout cancel a signal removes a request that no responder has", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 20_000 });
  const leave = new AbortController();
  const call = alice.request("order-bagel", "", { signal: leave.signal, onTimeout: "cancel" });
  leave.abort(); // before its PubAck
  expect(await errorOf(call)).toBeInstanceOf(RequestAbortedError);
  await w.saw("timed-out", ({ withdrawn }) => withdrawn === "removed");
  expect(await w.count("REQUESTS")).toBe(0);
});

test("a signal ends send before the PubAck and requestMany between two parts", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 20_000 });
  const leave = new AbortController();
  const sent = alice.send("order-bagel", "", { id: "one", signal: leave.signal });
  leave.abort();
  expect(await errorOf(sent)).toMatchObject({ code: "aborted", handle: { request: "one", sequence: 0 } });

  const end = new AbortController();
  await w.responder({
    handlers: {
      "order-bagel": "🥯",
      async *meal({ signal }) {
        yield "soup";
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    },
  });
  const parts: string[] = [];
  const eat = async () => {
    for await (const { text } of alice.requestMany("meal", "", { signal: end.signal, onTimeout: "cancel" })) {
      parts.push(text);
      end.abort();
    }
  };
  expect(await errorOf(eat())).toBeInstanceOf(RequestAbortedError);
  expect(parts).toEqual(["soup"]);
});

test.skipIf(serverLacks("message schedules", "2.12.0"))(
  "a signal that fires before a request for later is published sends nothing",
  async () => {
    await using w = await harnesses.next({ schedules: true });
    const alice = await w.requester();
    const leave = new AbortController();
    const reason = new Error("enough");
    const sent = alice.send("order-bagel", "", { delayMs: 60_000, signal: leave.signal });
    leave.abort(reason); // while the requester asks the stream whether it takes schedules
    await expect(sent).rejects.toBe(reason);
    await alice.close(); // waits for the PubAck of whatever was sent
    expect(await w.count("REQUESTS")).toBe(0);
    expect(w.of("requested")).toEqual([]);
  },
);

test("a signal ends collect with its reason", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester();
  const handle = await alice.send("order-bagel");
  const reason = new Error("enough");
  const leave = new AbortController();
  const collecting = collect(w.nc, handle, { timeoutMs: 20_000, signal: leave.signal });
  leave.abort(reason);
  await expect(collecting).rejects.toBe(reason);
  await expect(collect(w.nc, handle, { signal: leave.signal })).rejects.toBe(reason);
  const many = alice.collectMany(handle, { timeoutMs: 20_000, signal: AbortSignal.timeout(10) });
  await expect(many.next()).rejects.toThrow(/timeout/);
});

const cancelled: [string, "mailbox" | "inbox", (call: RequestCall) => Promise<unknown>][] = [
  ["resolves a call with a mailbox with the status cancelled", "mailbox", async (call) => (await call).status],
  ["rejects a call with an inbox", "inbox", async (call) => ((await errorOf(call)) as RequestAbortedError).code],
];
test.each(cancelled)("call.cancel() of a queued request %s", async (_, reply, end) => {
  await using w = await harnesses.next();
  const call = (await w.requester({ reply, timeoutMs: 20_000 })).request("order-bagel");
  const result: CancelResult = await call.cancel(); // before its PubAck: it waits for it
  expect(result.outcome).toBe("removed");
  expect(await end(call)).toBe(reply === "mailbox" ? "cancelled" : "aborted");
  expect(await w.count("REQUESTS")).toBe(0);
});

test("call.cancel() of a request that waits for its turn sends nothing, and the next one has its turn", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ maxOutstanding: 1, timeoutMs: 20_000 });
  const first = alice.request("order-bagel");
  await first.stored;
  const second = alice.request("order-bagel", "", { id: "second" });
  const third = alice.request("order-bagel");
  expect(await second.cancel()).toEqual({ outcome: "removed", evidence: "request second was not sent yet" });
  expect(await errorOf(second)).toMatchObject({ code: "aborted", handle: { request: "second", sequence: 0 } });
  await w.responder();
  expect((await first).text + (await third).text).toBe("🥯🥯");
  expect(w.of("requested").map(({ request }) => request)).not.toContain("second");
});

test("call.cancel() after the reply reports it, and after a failure throws the failure", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester();
  const early = await errorOf(alice.request("order-bagel", "", { timeoutMs: 30 }));
  expect(early).toBeInstanceOf(RequestTimeoutError);
  await w.responder();
  const call = alice.request("order-bagel");
  await call;
  expect((await call.cancel()).outcome).toBe("already-answered");
  const refused = alice.request("order-bagel", "", { id: "no id" });
  expect(await errorOf(refused.cancel())).toBe(await errorOf(refused));
});

test("a call whose stored promise is not awaited causes no unhandled rejection of its own", async () => {
  await using w = await harnesses.next(false);
  const entry = new URL("../../dist/index.js", import.meta.url).href;
  const script = `
    import { openConnection, Requester } from ${JSON.stringify(entry)};
    const nc = await openConnection({ servers: ${JSON.stringify(harnesses.server.url)}, user: ${JSON.stringify(w.user)}, password: "w" });
    const alice = await Requester.open(nc, { name: "alice" });
    const call = alice.request("order-bagel");
    void call.stored;
    await call.catch((error) => console.log(error.code));
    await alice.close();
    await nc.close();
  `;
  expect(await runModule(script)).toEqual({ code: 0, stdout: "not-set-up\n", stderr: "" });
});

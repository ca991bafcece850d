// Unknown options: every public function refuses a misspelt name, says which one is meant, and sends nothing.
import { afterAll, expect, test } from "vitest";
import {
  applySetup,
  cancel,
  collect,
  collectMany,
  InvalidInputError,
  listDeadLetters,
  locate,
  openConnection,
  planSetup,
  Requester,
  Responder,
  RetryLaterError,
  replayDeadLetter,
  setup,
  UnknownOptionError,
} from "../../src/index.js";
import { runScenario, startLab, startLabServer } from "../../src/testing/index.js";
import { startHarnesses } from "../support/harness.js";

const harnesses = await startHarnesses();
afterAll(() => harnesses[Symbol.asyncDispose]());

/** As JavaScript writes it: the compiler refuses each of these. */
// biome-ignore lint/suspicious/noExplicitAny: the compiler is not asked
const js = (options: object) => options as any;
const handle = { requester: "alice", request: "lunch", stream: "REQUESTS", sequence: 1 };

const calls: [string, string, (w: Awaited<ReturnType<typeof harnesses.next>>) => unknown][] = [
  ["Requester.open", "timeout, timeoutMs", (w) => Requester.open(w.nc, js({ name: "alice", timeout: 5 }))],
  ["Responder.start", "handler, handlers", (w) => Responder.start(w.nc, js({ handlers: {}, handler: {} }))],
  [
    "Responder.start, retry,",
    "first, firstMs",
    (w) => Responder.start(w.nc, js({ handlers: {}, retry: { first: 1 } })),
  ],
  [
    "Responder.start, replyAddresses,",
    "allowed, allow",
    (w) => Responder.start(w.nc, js({ handlers: {}, replyAddresses: { allowed: [] } })),
  ],
  ["setup", "ackWait, ackWaitMs", (w) => setup(w.nc, js({ ackWait: 5 }))],
  ["planSetup", "max_bytes, maxBytes", () => planSetup(js({ max_bytes: 5 }))],
  ["applySetup", "updates, update", (w) => applySetup(w.nc, planSetup(), js({ updates: true }))],
  ["collect", "timeout, timeoutMs", (w) => collect(w.nc, handle, js({ timeout: 5 }))],
  ["collectMany", "max, maximum", (w) => collectMany(w.nc, handle, js({ max: 5 })).next()],
  ["cancel", "que, queue", (w) => cancel(w.nc, handle, js({ que: "print" }))],
  ["locate", "domains, domain", (w) => locate(w.nc, handle, js({ domains: "hub" }))],
  ["listDeadLetters", "name, names", (w) => listDeadLetters(w.nc, js({ name: {} }))],
  ["replayDeadLetter", "api_prefix, apiPrefix", (w) => replayDeadLetter(w.nc, 1, js({ api_prefix: "$JS.hub.API" }))],
  ["openConnection", "server, servers", () => openConnection(js({ server: "127.0.0.1" }))],
  ["RetryLaterError", "delay, delayMs", () => new RetryLaterError("later", js({ delay: 5 }))],
  ["startLab", "set_up, setup", () => startLab(js({ set_up: false }))],
  ["startLabServer", "onprogress, onProgress", () => startLabServer(js({ onprogress: () => {} }))],
  ["runScenario", "seeds, seed", () => runScenario("offline-responder", js({ seeds: 5 }))],
];

test.each(calls)("%s refuses a misspelt option", async (name, slip, call) => {
  await using w = await harnesses.next(false);
  const [given, meant] = slip.split(", ");
  const error: unknown = await Promise.resolve()
    .then(() => call(w))
    .catch((reason: Error) => reason);
  expect(error).toBeInstanceOf(UnknownOptionError);
  expect(error).toBeInstanceOf(InvalidInputError);
  expect((error as Error).message).toBe(`${name} has no option "${given}"; did you mean "${meant}"?`);
  await expect(w.jsm.streams.names("requests.>").next()).resolves.toEqual([]); // nothing was created
});

test("the methods of a requester refuse a misspelt option, and send nothing", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester();
  const limited = await w.requester({ maxOutstanding: 1 });
  const slip = js({ timeout: 5_000 });
  const meant = 'has no option "timeout"; did you mean "timeoutMs"?';
  await expect(alice.request("order-tea", "", slip)).rejects.toThrow(`requester.request ${meant}`);
  await expect(limited.request("order-tea", "", slip)).rejects.toThrow(`requester.request ${meant}`);
  await expect(alice.send("order-tea", "", slip)).rejects.toThrow(`requester.send ${meant}`);
  await expect(async () => alice.requestMany("order-tea", "", slip).next()).rejects.toThrow(
    `requester.requestMany ${meant}`,
  );
  await expect(alice.collect(handle, slip)).rejects.toThrow(`collect ${meant}`);
  expect(await w.count("REQUESTS")).toBe(0);
  expect(alice.waiting).toBe(0);
});

test.each([undefined, 1])(
  "every call of a requester takes inherited options, with maxOutstanding %s",
  async (maxOutstanding) => {
    await using w = await harnesses.next();
    await w.responder({ handlers: { "order-tea": ({ headers }) => String(headers.get("X-Tenant")) } });
    const alice = await w.requester({ maxOutstanding });
    const defaults = { timeoutMs: 12_345, headers: { "X-Tenant": "blue" }, as: "tea" };
    const texts = [(await alice.request("order-tea", "", Object.create(defaults))).text];
    for await (const { text } of alice.requestMany("order-tea", "", Object.create(defaults))) texts.push(text);
    expect(texts).toEqual(["blue", "blue"]);
    const options = { timeoutMs: 12_345, as: "tea" };
    expect(w.of("requested")).toMatchObject([options, options]);
  },
);

test("drain refuses a misspelt option, and the responder goes on", async () => {
  await using w = await harnesses.next();
  const bob = await w.responder();
  await expect(bob.drain(js({ timeout: 5 }))).rejects.toThrow('responder.drain has no option "timeout"');
  expect(bob.state).toBe("running");
});

test("options that are no object are refused: a number is no time-out", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester();
  await expect(alice.request("order-tea", "", 5 as never)).rejects.toThrow(
    'Expected the options of requester.request to be an object, got "5".',
  );
});

test("a name that every object inherits is no option, and a name far from all of them lists them", () => {
  expect(() => planSetup(js({ toString: 1 }))).toThrow(
    /^planSetup has no option "toString"; it has: storage, replicas, .*queue, /,
  );
});

// Several replies beside what else a requester does: bounded calls, an open single request, a connection that closes, a reader who
// is slow, an allow-list of reply addresses.
import { afterAll, expect, test } from "vitest";
import {
  AlreadyWaitingError,
  ClosedError,
  cancel,
  collect,
  collectMany,
  type Handlers,
  type ManyReply,
  NoAnswerError,
  PartMissingError,
  parseHandle,
  Requester,
} from "../../src/index.js";
import { Arrivals, asPart, inOrder, ReceivedReply } from "../internal/requester.js";
import { startHarnesses } from "../support/harness.js";

const harnesses = await startHarnesses();
afterAll(() => harnesses[Symbol.asyncDispose]());

async function all(replies: AsyncIterable<ManyReply>): Promise<string[]> {
  const heard: string[] = [];
  for await (const reply of replies) heard.push(reply.text);
  return heard;
}

const courses: Handlers = {
  "order-courses": async function* () {
    yield "🥗";
    return "🍨";
  },
};

test.concurrent("requestMany refuses the id of a pending single request, and that one stays pending", async ({
  expect,
}) => {
  await using w = await harnesses.next();
  const alice = await w.requester();
  const single = alice.request("order-bagel", "", { id: "1", timeoutMs: 30_000 });
  await expect(all(alice.requestMany("order-bagel", "", { id: "1" }))).rejects.toThrow(AlreadyWaitingError);
  await w.responder();
  expect((await single).text).toBe("🥯");
});

test.concurrent("requestMany waits for room under maxOutstanding", async ({ expect }) => {
  await using w = await harnesses.next();
  await w.responder({ handlers: courses });
  const alice = await w.requester({ maxOutstanding: 1 });
  const both = [1, 2].map(() => all(alice.requestMany("order-courses")));
  expect(await Promise.all(both)).toEqual([
    ["🥗", "🍨"],
    ["🥗", "🍨"],
  ]);
});

test.concurrent("a closed connection ends pending and waiting requestMany calls at once", async ({ expect }) => {
  await using w = await harnesses.next();
  const nc = await w.connect();
  const handle = parseHandle("ivan.1.REQUESTS.1");
  await w.responder({
    handlers: {
      // It yields no last reply before its request is called off.
      "order-courses": async function* ({ signal }) {
        yield "🥗";
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    },
  });
  await using _ = { [Symbol.asyncDispose]: async () => void (await cancel(w.nc, handle)) };
  const options = { name: "ivan", maxOutstanding: 1, timeoutMs: 60_000 };
  const ivan = await Requester.open(nc, options);
  const under = ivan.requestMany("order-courses", "", { id: "1" });
  expect((await under.next()).value).toMatchObject({ part: 1 });
  const waiting = [ivan.request("order-courses"), all(ivan.requestMany("order-courses"))];
  const many = collectMany(nc, handle, { timeoutMs: 60_000 });
  expect((await many.next()).value).toMatchObject({ part: 1 });
  const collecting = [collect(nc, handle, { timeoutMs: 60_000 }), many.next()];
  await nc.flush(); // all of them listen
  const ended = Promise.allSettled([under.next(), ...waiting, ...collecting]);
  await nc.close();
  for (const end of await ended) expect(end).toMatchObject({ reason: expect.any(ClosedError) });
  await expect(collect(nc, handle, { timeoutMs: 60_000 })).rejects.toThrow(/closed/i);
});

test.concurrent("parts below an allowed reply address need to be allowed as well", async ({ expect }) => {
  await using w = await harnesses.next();
  await w.responder({ handlers: courses, replyAddresses: { allow: ["_INBOX.*.reply.*"] } });
  const alice = await w.requester({ reply: "inbox" });
  const [reply] = await Promise.all([alice.request("order-courses"), w.saw("terminated")]);
  expect(reply).toMatchObject({ status: "rejected", text: expect.stringMatching(/not among the allowed/) });
});

const heardOnce = (count: number) => {
  const arrivals = new Arrivals(false);
  for (let n = 1; n <= count; n++) arrivals.part(asPart(n, { data: new Uint8Array() }));
  return arrivals;
};
const read = (arrivals: Arrivals) => all(inOrder(arrivals, undefined, {}, () => {}));

test("an inbox buffers 10,000 parts for a slow reader, and reports an overflow", async () => {
  const fits = heardOnce(10_000);
  fits.stop();
  expect(await read(fits)).toHaveLength(10_000);
  const error = await read(heardOnce(10_001)).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(PartMissingError);
  expect(error.message).toMatch(/^Part 10001 of 10001 .* still unread, .*; read faster, or use a mailbox\.$/);
});

test("parts repeated by a second execution do not fill the buffer", () => {
  const arrivals = heardOnce(1);
  expect(arrivals.take(1)).toMatchObject({ part: 1 });
  arrivals.part(asPart(1, { data: new Uint8Array() }));
  expect(arrivals.take(1)).toBeUndefined();
});

test("a failed read of the mailbox is repeated if the last part arrived meanwhile", async () => {
  const arrivals = new Arrivals(true);
  const last = new ReceivedReply("ok", Buffer.from("🍨"), { data: Buffer.from("🍨") });
  const failing = async () => {
    arrivals.end(last);
    throw new NoAnswerError("silence");
  };
  const looks = [failing, async () => [asPart(1, { data: Buffer.from("🥗") })], async () => []];
  arrivals.lookAgain();
  const read = () => looks.shift()?.() ?? Promise.reject(new Error("one look too many"));
  expect(await all(inOrder(arrivals, read, {}, () => {}))).toEqual(["🥗", "🍨"]);
  arrivals.lookAgain();
  const afterwards = inOrder(
    arrivals,
    () => Promise.reject(new NoAnswerError("silence")),
    {},
    () => {},
  );
  await expect(all(afterwards)).rejects.toThrow(NoAnswerError);
});

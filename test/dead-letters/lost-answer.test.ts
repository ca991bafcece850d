// Replays of dead letters of which one answer of the server is lost with a connection, at each step.
import { errors } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collect, RetryLaterError, replayDeadLetter, StreamFullError } from "../../src/index.js";
import { type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const lunch = { requester: "alice", request: "lunch", stream: "REQUESTS", sequence: 0 };
const cold = () => {
  throw new RetryLaterError("the stove is cold");
};
const counts = async (w: Harness) =>
  Promise.all((["DEAD_LETTERS", "REPLIES", "REQUESTS"] as const).map((stream) => w.count(stream)));

/** The request "lunch" as a dead letter, and no responder. */
async function dead(w: Harness): Promise<void> {
  const bob = await w.responder({ handlers: { "order-stew": cold } });
  const alice = await w.requester();
  await alice.request("order-stew", "", { id: "lunch", timeoutMs: 20_000 });
  await bob.drain();
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
}

test.each([false, true])(
  "a replay repeats each step whose answer is lost (its message sent: %s), and runs the request once",
  async (sent) => {
    let lost = true;
    for (let step = 1; lost; step++) {
      await using w = await harnesses.next({ maxDeliver: 1 });
      await dead(w);
      const nc = await w.connect();
      const { request } = nc;
      let left = step;
      nc.request = async (...args) => {
        if (--left !== 0) return request.apply(nc, args);
        if (sent) await request.apply(nc, args);
        throw new errors.TimeoutError();
      };
      expect(await replayDeadLetter(nc, 1)).toEqual({
        deadLetter: 1,
        request: "lunch",
        outcome: "replayed",
        sequence: 2,
      });
      lost = left <= 0;
      await nc.close();
      expect(await counts(w)).toEqual([0, 0, 1]);
    }
  },
  60_000,
);

test("a replay whose answer is lost before a full queue refuses the request stores the reply again", async () => {
  await using w = await harnesses.next({ maxDeliver: 1, maxRequests: 1 });
  await dead(w);
  await w.nc.request("requests.order-bagel", "", { timeout: 5_000 });
  const nc = await w.connect();
  const { request } = nc;
  let answers = true;
  nc.request = async (subject, ...args) => {
    const answer = await request.call(nc, subject, ...args);
    if (!answers || !subject.startsWith("$JS.API.STREAM.MSG.DELETE.REPLIES")) return answer;
    answers = false;
    throw new errors.TimeoutError();
  };
  await expect(replayDeadLetter(nc, 1)).rejects.toBeInstanceOf(StreamFullError);
  expect(answers).toBe(false);
  expect(await collect(w.nc, lunch)).toMatchObject({ status: "dead-lettered" });
  await nc.close();
});

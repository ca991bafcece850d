// Replies waited for in other requesters' mailboxes: one message each, a bound on how many, and an end.
import { afterAll, beforeAll, expect, test } from "vitest";
import { OtherMailboxes } from "../internal/requester.js";
import { type Harnesses, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

test("each subscription to a foreign mailbox gets one reply, beyond 1,000 the oldest is dropped, and none is left at the end", async () => {
  await using w = await harnesses.next();
  const heard: string[] = [];
  const elsewhere = new OtherMailboxes(w.nc);
  const listen = (id: number) =>
    elsewhere.listen(`replied.carol.${id}`, (msg) => heard.push(msg.subject.slice("replied.carol.".length)));
  const reply = async (...ids: number[]) => {
    for (const id of ids) w.nc.publish(`replied.carol.${id}`);
    await w.nc.flush();
  };
  await Promise.all(Array.from({ length: 1_000 }, (_, id) => listen(id)));
  await reply(5, 5);
  expect(heard).toEqual(["5"]);
  await listen(1_000); // in the place of 5
  await listen(1_001); // in the place of 0, the oldest
  await reply(0, 1, 1_001);
  expect(heard).toEqual(["5", "1", "1001"]);
  elsewhere.stop();
  await reply(2, 1_000);
  expect(heard).toEqual(["5", "1", "1001"]);
});

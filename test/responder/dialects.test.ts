// A request in another convention is answered in that convention: one responder serves them all.
import { createInbox, type Msg } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dialects, readReply } from "../internal/protocol.js";
import { ownReplyHeaders, record } from "../protocol/dialects/wire.js";
import { type Harnesses, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

/** What travels through the stream; a core request's own reply address does not. */
const durable = dialects.filter(({ name }) => name !== "core");

test.each(durable)("dialect $name gets ok and rejected replies in its own form", async (dialect) => {
  await using w = await harnesses.next();
  await w.responder();
  const ask = async (id: string, order: string): Promise<Msg> => {
    const inbox = createInbox();
    const arrived = w.nc.subscribe(inbox, { max: 1 });
    w.nc.publish(`requests.${order}`, "", { headers: dialect.requestHeaders(id, inbox) });
    for await (const msg of arrived) return msg;
    throw new Error("no reply");
  };
  const ok = await ask("r1", "order-bagel");
  expect(readReply(ok).status).toBe("ok");
  expect(ok.string()).toContain("🥯");
  const own = ownReplyHeaders[dialect.name];
  expect(record(ok.headers)).toEqual(own?.("r1", "ok"));
  const rejected = await ask("r2", "order-soup");
  expect(record(rejected.headers)).toEqual({
    ...own?.("r2", "rejected"),
    ...{ "Nats-Service-Error": ["no such order: order-soup"], "Nats-Service-Error-Code": ["404"] },
  });
  expect(rejected.string()).toContain("no such order: order-soup");
  await w.saw("terminated");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0); // the server takes a termination without an answer
});

// A dead letter of a request that does not fit into DEAD_LETTERS: its headers without the payload.
import type { StreamConfig } from "@nats-io/jetstream";
import { headers } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { InvalidInputError, listDeadLetters, RetryLaterError, replayDeadLetter } from "../../src/index.js";
import { jsrrHere } from "../support/cli.js";
import { type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";

const maxPayload = 32_768;
let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses(`max_payload: ${maxPayload}`);
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const handlers = {
  scan: () => {
    throw new RetryLaterError("the archive is down");
  },
};

/** The payload bytes that leave room for the headers of the request, and for none of the dead letter's own. */
const nearly = maxPayload - 140;

const limit = (w: Harness, config: Partial<StreamConfig>) => w.jsm.streams.update("DEAD_LETTERS", config);

const cases: [string, number, (w: Harness) => Promise<unknown>][] = [
  ["max_payload has no room for the headers of a dead letter", nearly, async () => {}],
  ["DEAD_LETTERS has a smaller max_msg_size", 5_000, (w) => limit(w, { max_msg_size: 2_000 })],
  ["DEAD_LETTERS has a max_bytes that is smaller than the request", 5_000, (w) => limit(w, { max_bytes: 3_000 })],
];

test.concurrent.for(cases)(
  "a request ends as a dead letter without its payload if %s",
  async ([, bytes, limited], { expect }) => {
    await using w = await harnesses.next({ maxDeliver: 2 });
    await limited(w);
    await w.responder({ handlers, retry: { firstMs: 1 } });
    const alice = await w.requester({ timeoutMs: 20_000 });
    const reply = await alice.request("scan", new Uint8Array(bytes).fill(97), { id: "page-7" });
    expect(reply).toMatchObject({ status: "dead-lettered", text: "the archive is down" });
    await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
    expect(w.of("dead-lettered")).toMatchObject([{ request: "page-7", omittedBytes: bytes }]);
    const [letter, ...more] = await listDeadLetters(w.nc);
    expect(more).toEqual([]);
    expect(letter).toMatchObject({ request: "page-7", omittedBytes: bytes, replyTo: "replies.alice.page-7" });
    expect(letter?.payload).toHaveLength(0);
  },
);

test.concurrent("a request whose headers alone do not fit ends as a dead letter without them", async ({ expect }) => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  await limit(w, { max_msg_size: 900 });
  await w.responder({ handlers });
  const h = headers();
  h.set("Nats-Msg-Id", "page-8");
  h.set("Reply-To", "replies.alice.page-8");
  h.set("trace", "t".repeat(2_000));
  await w.nc.request("requests.scan", "text", { headers: h, timeout: 5_000 });
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  const [letter] = await listDeadLetters(w.nc);
  expect(letter?.omittedBytes).toBeGreaterThan(2_000);
  expect((await w.jsm.streams.getMessage("DEAD_LETTERS", { seq: 1 }))?.header.has("trace")).toBe(false);
});

test("a replay refuses a dead letter without its payload, and --all replays the others", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  await w.responder({ handlers });
  const alice = await w.requester({ timeoutMs: 20_000 });
  await alice.request("scan", new Uint8Array(nearly).fill(97), { id: "large" });
  await alice.request("scan", "short", { id: "small" });
  await expect.poll(() => w.count("DEAD_LETTERS"), soon).toBe(2);
  await expect(replayDeadLetter(w.nc, 1)).rejects.toThrow(InvalidInputError);
  await expect(replayDeadLetter(w.nc, 1)).rejects.toThrow(/large\) has no payload: 32628 bytes of the request/);
  const server = ["--server", harnesses.server.url.replace("//", `//${w.user}:w@`)];
  const listed = await jsrrHere(["dead-letters", "list", ...server]);
  expect(listed.stdout).toMatch(/large {2}1 delivery, 32628 bytes did not fit: the archive is down/);
  const replayed = await jsrrHere(["dead-letters", "replay", "--all", ...server]);
  expect(replayed.stdout).toMatch(/small {2}replayed as message 3/);
  expect(replayed.stderr).toMatch(/did not fit into the stream of dead letters: 1\./);
  expect(replayed.code).not.toBe(0);
});

// Crash points on the wire, of responders that record their own events: their link kills them.
import { describe, expect, test } from "vitest";
import { ofType } from "../internal/history.js";
import { aliceAndBob, play } from "../support/scenario.js";

const counted = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([event, n]) => `events.tea.${event}: ${n}`)
    .join(", ");

const crashing = (settings: string, counts: Readonly<Record<string, number>>) =>
  aliceAndBob(
    `
  - request: { from: alice, order: order-sandwich, as: tea, timeout: 20s }
  - { after: bob.actor-crashed, within: 20s, start: bob }
  - { within: 20s, eventually: { tea: ok 🥪, stream.REPLIES.messages: 1, stream.REQUESTS.messages: 0 } }
  - { within: 20s, eventually: { ${counted(counts)} } }`,
    {
      bob: `{ ${settings} }`,
      more: "setup: { ack_wait: 1s }\ncheck: [no-lost-requests, no-lost-replies, no-duplicate-replies, no-phantom-replies, no-stuck-messages]",
    },
  );

describe("a responder of the kit is killed at its crash point", () => {
  test.for([
    ["after-delivery", { delivered: 2, executed: 1, replied: 1, acked: 1 }],
    ["before-reply", { delivered: 2, executed: 2, replied: 1, acked: 1 }],
    ["before-ack", { delivered: 2, executed: 1, replied: 1, "already-answered": 1 }],
    ["after-ack", { delivered: 1, executed: 1, replied: 1, acked: 1 }],
  ] as const)("%s, and starts again", async ([point, counts]) => {
    const { result, events } = await play(crashing(`crash: ${point}`, counts));
    expect([result.verdict, result.reason, result.expectations.filter(({ verdict }) => verdict !== "held")]).toEqual([
      "held",
      undefined,
      [],
    ]);
    expect(ofType(events, "actor-crashed")).toMatchObject([{ name: "bob", signal: "SIGKILL" }]);
    // What its process never got is told by its link; everything else is its own word.
    const fromLink = events.filter(({ source }) => source === "wire").map(({ type }) => type);
    expect(fromLink).toEqual(point === "after-delivery" ? ["delivered"] : []);
  });

  test("before-reply, also one with kind: plain", async () => {
    const { result } = await play(crashing("kind: plain, crash: before-reply", { delivered: 2, replied: 1 }));
    expect([result.verdict, result.reason]).toEqual(["held", undefined]);
  });

  test("on its link, which needs a server of the kit's own", async () => {
    const connection = { servers: "nats://127.0.0.1:1" };
    await expect(play(crashing("crash: before-ack", { delivered: 1 }), { connection })).rejects.toThrow(
      "test kills bob by its link, which needs a server of the kit's own: run it without --server and NATS_URL.",
    );
  });
});

// Several replies to one request: in order, each once, with the last one last; live, across a crash, and later by handle.
import { headers as createHeaders, type MsgHdrs } from "@nats-io/nats-core";
import { afterAll, describe, expect, test } from "vitest";
import {
  collectMany,
  type Handlers,
  type ManyReply,
  NoPartsThereError,
  PartMissingError,
  parseHandle,
  Requester,
  RequestTimeoutError,
  RetryLaterError,
} from "../../src/index.js";
import { gate, type Harness, replyStatus, startHarnesses } from "../support/harness.js";
import { doorTo } from "../support/severable.js";

const harnesses = await startHarnesses();
afterAll(() => harnesses[Symbol.asyncDispose]());

const handlers: Handlers = {
  "order-menu": async function* (request) {
    for (let n = 1; n <= Number(request.text); n++) yield `dish ${n}`;
    return "bon appétit";
  },
};
const told = (reply: ManyReply) =>
  reply.last ? `${reply.status} ${reply.text} after ${reply.parts}` : `${reply.part} ${reply.text}`;
async function all(replies: AsyncIterable<ManyReply>): Promise<string[]> {
  const heard: string[] = [];
  for await (const reply of replies) heard.push(told(reply));
  return heard;
}
const dishes = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => `${from + n} dish ${from + n}`);
const handleIn = async (w: Harness) => {
  const { request, sequence } = await w.saw("stored");
  return parseHandle(`alice.${request}.REQUESTS.${sequence}`);
};

describe("parts while the requester waits", () => {
  test.concurrent.each(["mailbox", "inbox"] as const)(
    "arrive in order with %s, and the last one last",
    async (reply) => {
      await using w = await harnesses.next();
      await w.responder({ handlers });
      const alice = await w.requester({ reply });
      const replies = Promise.all(["3", "0", "70"].map((n) => all(alice.requestMany("order-menu", n))));
      expect(await replies).toEqual([
        [...dishes(1, 3), "ok bon appétit after 3"],
        ["ok bon appétit after 0"],
        [...dishes(1, 70), "ok bon appétit after 70"],
      ]);
      expect(await w.count("REPLIES")).toBe(reply === "mailbox" ? 73 + 3 : 0);
      await w.saw("acked", () => w.of("acked").length === 3);
      expect(alice).toMatchObject({ waiting: 0, orphanedReplies: 0 });
    },
  );

  test.concurrent.each(["while the first one waits", "after the reply"])(
    "come from the mailbox of the requester that sent the id first, %s",
    async (moment) => {
      await using w = await harnesses.next();
      const end = gate();
      await w.responder({
        handlers: {
          "order-menu": async function* () {
            yield* ["dish 1", "dish 2"];
            await end.opened;
            return "bon appétit";
          },
        },
      });
      const [alice, carol] = [await w.requester(), await w.requester({ name: "carol" })];
      const first = all(alice.requestMany("order-menu", "", { id: "menu" }));
      await w.saw("part-received", ({ part }) => part === 2);
      if (moment === "after the reply") {
        end.open();
        await first;
      }
      const second = all(carol.requestMany("order-menu", "", { id: "menu" }));
      await w.saw("stored", ({ duplicate }) => duplicate);
      end.open();
      const replies = [...dishes(1, 2), "ok bon appétit after 2"];
      expect(await second).toEqual(replies);
      expect(await first).toEqual(replies);
    },
  );

  test.concurrent("are one reply for a handler that yields nothing, and a status for an unknown order", async () => {
    await using w = await harnesses.next();
    await w.responder();
    const alice = await w.requester();
    expect(await all(alice.requestMany("order-bagel"))).toEqual(["ok 🥯 after 0"]);
    expect(await all(alice.requestMany("order-soup"))).toEqual(["rejected no such order: order-soup after 0"]);
  });

  test.concurrent("are stored before the handler continues, and the ack waits for the last one", async () => {
    await using w = await harnesses.next();
    const heard = gate();
    await w.responder({
      handlers: {
        "order-slow": async function* () {
          yield "first";
          await heard.opened;
          return "last";
        },
      },
    });
    const alice = await w.requester();
    const replies = alice.requestMany("order-slow");
    expect(told((await replies.next()).value as ManyReply)).toBe("1 first");
    expect(await w.count("REQUESTS")).toBe(1);
    heard.open();
    expect(await all(replies)).toEqual(["ok last after 1"]);
  });

  test.concurrent("resolve request() with the last one", async () => {
    await using w = await harnesses.next();
    await w.responder({ handlers });
    for (const reply of ["mailbox", "inbox"] as const) {
      const alice = await w.requester({ reply, name: reply });
      expect(await alice.request("order-menu", "2")).toMatchObject({ text: "bon appétit", parts: 2 });
      expect(alice.orphanedReplies).toBe(0);
    }
  });
});

describe("requestMany limits", () => {
  const stuck: Handlers = {
    "order-stuck": async function* ({ signal }) {
      yield "one";
      yield "two";
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
  };

  test.concurrent("a handler that yields without a pause lets its process receive a cancel", async () => {
    await using w = await harnesses.next();
    let stopped: string | undefined;
    const endless = async function* () {
      const until = performance.now() + 10_000; // without the pause it ends by itself, and not by the cancel
      try {
        while (performance.now() < until) yield "more";
        stopped = "by itself";
      } finally {
        stopped ??= "by the cancel";
      }
    };
    await w.responder({ handlers: { "order-endless": endless } });
    const alice = await w.requester({ reply: "inbox", timeoutMs: 200, onTimeout: "cancel" });
    await expect(all(alice.requestMany("order-endless"))).rejects.toThrow(RequestTimeoutError);
    await w.saw("replied");
    expect(stopped).toBe("by the cancel");
  });

  test.concurrent("the maximum ends the parts, and the rest is collected later", async () => {
    await using w = await harnesses.next();
    await w.responder({ handlers });
    const alice = await w.requester();
    expect(await all(alice.requestMany("order-menu", "5", { maximum: 2 }))).toEqual(dishes(1, 2));
    expect(alice.waiting).toBe(0);
    const handle = await handleIn(w);
    await w.saw("acked");
    expect(await all(collectMany(w.nc, handle))).toEqual([...dishes(1, 5), "ok bon appétit after 5"]);
    expect(await all(collectMany(w.nc, handle, { maximum: 5 }))).toEqual(dishes(1, 5));
  });

  test.concurrent.each([{ stallMs: 100 }, { timeoutMs: 300 }])(
    "%j ends the parts with an error that has the handle",
    async (limit) => {
      await using w = await harnesses.next();
      await w.responder({ handlers: stuck });
      const alice = await w.requester();
      const heard: string[] = [];
      const error = await (async () => {
        const limits = { timeoutMs: 20_000, onTimeout: "cancel", ...limit } as const;
        for await (const reply of alice.requestMany("order-stuck", "", limits)) heard.push(told(reply));
      })().catch((thrown) => thrown);
      expect(heard).toEqual(["1 one", "2 two"]);
      expect(error).toBeInstanceOf(RequestTimeoutError);
      expect(error).toMatchObject({ parts: 2, outcome: "already-running" });
      expect(error.message).toMatch(/^No last reply \(parts so far: 2\) within/);
      const collected = await all(collectMany(w.nc, error.handle, { timeoutMs: 20_000 }));
      expect(collected.slice(0, 2)).toEqual(["1 one", "2 two"]);
      expect(collected[2]).toMatch(/^cancelled .* after 2$/);
    },
  );

  test.concurrent("a cancelled handler is stopped at its next part", async () => {
    await using w = await harnesses.next();
    let finished = false;
    await w.responder({
      handlers: {
        "order-endless": async function* () {
          try {
            for (let n = 1; ; n++) yield `${n}`;
          } finally {
            finished = true;
          }
        },
      },
    });
    const alice = await w.requester();
    const limits = { timeoutMs: 200, onTimeout: "cancel" } as const;
    await expect(all(alice.requestMany("order-endless", "", limits))).rejects.toThrow(RequestTimeoutError);
    await w.saw("replied", ({ status }) => status === "cancelled");
    expect(finished).toBe(true);
  });

  test.concurrent("an invalid limit is refused before anything is sent", async () => {
    await using w = await harnesses.next();
    const alice = await w.requester();
    await expect(all(alice.requestMany("order-menu", "1", { maximum: 0 }))).rejects.toThrow("maximum");
    await expect(all(alice.requestMany("order-menu", "1", { stallMs: -1 }))).rejects.toThrow("time-out");
    expect(await w.count("REQUESTS")).toBe(0);
  });
});

describe("a part that the requester missed", () => {
  test.concurrent("is read from the mailbox after a break in the connection", async () => {
    await using w = await harnesses.next();
    await using door = await doorTo(harnesses.server.port);
    const cut = gate();
    await w.responder({
      handlers: {
        "order-cut": async function* () {
          yield "1";
          await cut.opened;
          for (let n = 2; n <= 100; n++) yield `${n}`;
          return "done";
        },
      },
    });
    const nc = await w.connect({ servers: door.url, reconnectTimeWait: 50, maxReconnectAttempts: -1 });
    await using alice = await Requester.open(nc, { name: "alice", observe: w.observe });
    const replies = alice.requestMany("order-cut", "", { timeoutMs: 30_000 });
    await replies.next();
    door.close();
    cut.open();
    await w.saw("acked");
    door.open();
    const numbers = Array.from({ length: 99 }, (_, n) => `${n + 2} ${n + 2}`);
    expect(await all(replies)).toEqual([...numbers, "ok done after 100"]);
    // Told as they are given, whether they were heard or read.
    expect(w.of("part-received").map(({ part }) => part)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
    expect(w.of("replies-ended")).toMatchObject([{ parts: 100, by: "last" }]);
  });

  test.concurrent("is lost with an inbox and reported", async () => {
    await using w = await harnesses.next();
    const alice = await w.requester({ reply: "inbox" });
    const replies = all(alice.requestMany("order-tea"));
    const { sequence } = await w.saw("stored");
    const request = await w.jsm.streams.getMessage("REQUESTS", { seq: sequence });
    w.nc.publish(`${request?.header.get("Reply-To")}.2`, "the second part");
    await expect(replies).rejects.toThrow(PartMissingError);
    await expect(replies).rejects.toThrow("Part 1 of 2 was not received, and an inbox stores none");
  });
});

describe("attempts of a handler that yields", () => {
  test.concurrent("a second attempt repeats no part, and continues where the first one stopped", async () => {
    await using w = await harnesses.next();
    await w.responder({
      retry: { firstMs: 1 },
      handlers: {
        "order-shaky": async function* ({ deliveryCount }) {
          for (let n = 1; n <= 4; n++) {
            if (deliveryCount === 1 && n === 3) throw new RetryLaterError("the oven is cold");
            yield `${n} of attempt ${deliveryCount}`;
          }
          return "done";
        },
      },
    });
    const alice = await w.requester();
    const expected = [
      "1 1 of attempt 1",
      "2 2 of attempt 1",
      "3 3 of attempt 2",
      "4 4 of attempt 2",
      "ok done after 4",
    ];
    expect(await all(alice.requestMany("order-shaky"))).toEqual(expected);
    expect(await all(collectMany(w.nc, await handleIn(w)))).toEqual(expected);
    expect(await w.count("REPLIES")).toBe(5);
  });

  test.concurrent("two simultaneous attempts store each part once", async () => {
    await using w = await harnesses.next({ ackWaitMs: 300 });
    const second = gate();
    const handler: Handlers = {
      "order-twice": async function* ({ deliveryCount }) {
        yield "1";
        if (deliveryCount > 1) second.open();
        await second.opened; // the first one is frozen until somebody else has it, too
        for (let n = 2; n <= 20; n++) yield `${n}`;
        return "done";
      },
    };
    await w.responder({ handlers: handler });
    const dave = await w.responder({ name: "dave", handlers: handler });
    const alice = await w.requester();
    const replies = all(alice.requestMany("order-twice", "", { timeoutMs: 20_000 }));
    // What keeps a slow handler's request its own is stopped by giving it back in its name.
    const { sequence } = await w.saw("delivered");
    await w.saw("part-replied");
    const info = await w.jsm.consumers.info("REQUESTS", "responder");
    w.nc.publish(`$JS.ACK.REQUESTS.responder.1.${sequence}.${info.delivered.consumer_seq}.0.0`, "-NAK");
    const numbers = Array.from({ length: 20 }, (_, n) => `${n + 1} ${n + 1}`);
    expect(await replies).toEqual([...numbers, "ok done after 20"]);
    await dave.drain();
    expect(w.of("delivered")).toHaveLength(2);
    expect(await w.count("REPLIES")).toBe(21);
  });

  test.concurrent("a handler that fails after two parts ends with an error, and the parts stay", async () => {
    await using w = await harnesses.next();
    await w.responder({
      handlers: {
        "order-burnt": async function* () {
          yield "1";
          yield "2";
          throw new Error("burnt");
        },
        "order-wrong": async function* () {
          yield 7 as unknown as string;
        },
      },
    });
    const alice = await w.requester();
    expect(await all(alice.requestMany("order-burnt"))).toEqual(["1 1", "2 2", "error burnt after 2"]);
    expect(await all(alice.requestMany("order-wrong"))).toEqual([
      "error the handler yielded number, not text or bytes after 0",
    ]);
  });
});

describe("collecting parts", () => {
  test.concurrent("while the handler runs loses and repeats none", async () => {
    await using w = await harnesses.next();
    const gates = [gate(), gate(), gate()];
    await w.responder({
      handlers: {
        "order-courses": async function* () {
          for (const [n, { opened }] of gates.entries()) {
            for (let i = 1; i <= 70; i++) yield `${n * 70 + i}`;
            await opened;
          }
          return "full";
        },
      },
    });
    const alice = await w.requester();
    const replies = alice.requestMany("order-courses");
    await replies.next();
    await replies.return();
    const handle = await handleIn(w);
    const numbers = Array.from({ length: 210 }, (_, n) => `${n + 1} ${n + 1}`);
    await w.saw("part-replied", ({ part }) => part === 70);
    const stored = await all(collectMany(w.nc, handle));
    expect(stored).toEqual(numbers.slice(0, 70));
    const heard: string[] = [];
    for await (const reply of collectMany(w.nc, handle, { timeoutMs: 30_000 })) {
      heard.push(told(reply));
      if (!reply.last && reply.part % 70 === 0) gates[reply.part / 70 - 1]?.open();
    }
    expect(heard).toEqual([...numbers, "ok full after 210"]);
    expect(await all(collectMany(w.nc, handle))).toEqual(heard);
  });

  test.concurrent("returns none if none is stored, at once and after a wait", async () => {
    await using w = await harnesses.next();
    const handle = parseHandle("alice.nobody.REQUESTS.1");
    expect(await all(collectMany(w.nc, handle))).toEqual([]);
    expect(await all(collectMany(w.nc, handle, { timeoutMs: 50 }))).toEqual([]);
  });

  test.concurrent("reports a part that the stream has removed", async () => {
    await using w = await harnesses.next();
    await w.responder({ handlers });
    const alice = await w.requester();
    await all(alice.requestMany("order-menu", "3"));
    const handle = await handleIn(w);
    await w.jsm.streams.purge("REPLIES", { filter: `replies.alice.${handle.request}.2` });
    const replies = collectMany(w.nc, handle);
    expect(told((await replies.next()).value as ManyReply)).toBe("1 dish 1");
    await expect(replies.next()).rejects.toThrow(PartMissingError);
  });
});

describe("where parts cannot be stored", () => {
  test.concurrent.each(["kv", "shared", "trial"] as const)("%s refuses before anything is sent", async (reply) => {
    await using w = await harnesses.next({ strategies: ["kv", "shared"] });
    const alice = await w.requester({ reply });
    await expect(all(alice.requestMany("order-menu", "1"))).rejects.toThrow(NoPartsThereError);
    expect(await w.count("REQUESTS")).toBe(0);
  });

  test.concurrent("a handler that yields is rejected, and does not run", async () => {
    await using w = await harnesses.next({ strategies: ["kv"] });
    let begun = false;
    await w.responder({
      handlers: {
        "order-parts": async function* () {
          begun = true;
          yield "1";
        },
      },
    });
    const alice = await w.requester({ reply: "kv" });
    const reply = await alice.request("order-parts");
    expect(reply).toMatchObject({ status: "rejected" });
    expect(reply.text).toContain("answers in parts");
    expect(begun).toBe(false);
  });

  test.concurrent("a request waits until a REPLIES stream without parts is updated", async () => {
    await using w = await harnesses.next();
    const { config } = await w.jsm.streams.info("REPLIES");
    await w.jsm.streams.update("REPLIES", { ...config, subjects: ["replies.*.*"] });
    await w.responder({ handlers });
    const alice = await w.requester();
    const replies = all(alice.requestMany("order-menu", "1", { timeoutMs: 30_000 }));
    expect((await w.saw("returned")).reason).toContain("jsrr setup --update");
    await w.jsm.streams.update("REPLIES", config);
    expect(await replies).toEqual(["1 dish 1", "ok bon appétit after 1"]);
  });
});

test("parts beyond the number that the last reply counts are not given, and the iteration ends", async () => {
  await using w = await harnesses.next();
  const store = (subject: string, text: string, headers: MsgHdrs) =>
    w.nc.request(subject, text, { headers, timeout: 5_000 });
  // An earlier attempt stored two parts. The last attempt was cancelled after its first one.
  for (const part of [1, 2]) await store(`replies.alice.meal.${part}`, `dish ${part}`, createHeaders());
  const { headers } = replyStatus("cancelled");
  headers.set("Reply-Parts", "1");
  await store("replies.alice.meal", "too late", headers);
  const handle = parseHandle("alice.meal.REQUESTS.1");
  const expected = ["1 dish 1", "cancelled too late after 1"];
  expect(await all(collectMany(w.nc, handle))).toEqual(expected);
  expect(await all(collectMany(w.nc, handle, { timeoutMs: 10_000 }))).toEqual(expected);
});

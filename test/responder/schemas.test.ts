// JSON payloads on a real server: objects both ways, and payloads that schemas of zod and valibot check and type.
import * as v from "valibot";
import { afterAll, beforeAll, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  collect,
  collectMany,
  HandlerReply,
  type HandlerRequest,
  InvalidInputError,
  type ManyReply,
  Responder,
  type StandardSchema,
  UnreadablePayloadError,
} from "../../src/index.js";
import { type Harnesses, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const quick = { timeoutMs: 20_000 };

class Price {
  readonly #cents: number;
  constructor(cents: number) {
    this.#cents = cents;
  }
  toJSON() {
    return { euro: this.#cents / 100 };
  }
}

test("an object travels as JSON to the handler, and back", async () => {
  await using w = await harnesses.next();
  const types: string[] = [];
  await w.responder({
    handlers: {
      double: (request) => {
        types.push(request.headers.get("Content-Type"));
        const { plates } = request.json<{ plates: number }>();
        return { plates: 2 * plates, price: new Price(950), "🍲": [null] };
      },
      list: async (request) => request.json<number[]>().map((n) => n + 1),
      async *parts() {
        yield { n: 1 };
        return new HandlerReply([2], { headers: { "Content-Type": "application/vnd.kit+json" } });
      },
    },
  });
  const alice = await w.requester(quick);
  const reply = await alice.request("double", { plates: 2 });
  expect(reply.json()).toEqual({ plates: 4, price: { euro: 9.5 }, "🍲": [null] });
  expect([...types, reply.headers.get("Content-Type")]).toEqual(["application/json", "application/json"]);
  expect((await alice.request("list", [1, 2])).json()).toEqual([2, 3]);
  const handle = await alice.send("double", { plates: 5 }, { headers: { "content-type": "text/json" } });
  expect((await collect(w.nc, handle, quick))?.json<{ plates: number }>().plates).toBe(10);
  expect(types.at(-1)).toBe("");
  const parts = [];
  for await (const part of alice.requestMany("parts", {}, quick))
    parts.push([part.json(), part.headers.get("Content-Type")]);
  expect(parts).toEqual([
    [{ n: 1 }, "application/json"],
    [[2], "application/vnd.kit+json"],
  ]);
});

const circle: { self?: object } = {};
circle.self = circle;

test.concurrent.each<[string, object, RegExp]>([
  ["a circle", circle, /^Expected the payload to be a value that JSON can hold: .*circular/],
  ["a bigint", { n: 1n }, /^Expected the payload to be a value that JSON can hold: .*BigInt/],
  ["a Set", new Set([1]), /^Expected the payload to be text, bytes or an object, got Set\.$/],
  ["an ArrayBuffer", new ArrayBuffer(2), /^Expected the payload to be text, bytes or an object, got ArrayBuffer\.$/],
  ["a promise", Promise.resolve("tea"), /^Expected the payload to be text, bytes or an object, got Promise\.$/],
  ["a function", () => "tea", /^Expected the payload to be text, bytes or an object, got Function\.$/],
])("a payload that is %s is refused", async (_, payload, message) => {
  await using w = await harnesses.next();
  const alice = await w.requester();
  for (const call of [alice.request("list", payload), alice.send("list", payload)]) {
    const error = await call.catch((thrown) => thrown);
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error.message).toMatch(message);
  }
  expect(await w.count("REQUESTS")).toBe(0);
});

const withZod = {
  input: z.object({ plates: z.number().int().positive(), at: z.string().transform((text) => new Date(text)) }),
  output: z.object({ price: z.number(), name: z.string().default("soup") }),
};
const withValibot = {
  input: v.object({
    plates: v.pipe(v.number(), v.minValue(1)),
    at: v.pipe(
      v.string(),
      v.transform((t) => new Date(t)),
    ),
  }),
  output: v.object({ price: v.number(), name: v.optional(v.string(), "soup") }),
};
const at = "2027-01-02T03:04:05.000Z";

test.each([
  ["zod", withZod, /^the payload does not match its schema: plates: Too small/],
  ["valibot", withValibot, /^the payload does not match its schema: plates: Invalid value: Expected >=1/],
] as const)(
  "a handler with schemas of %s gets checked input, and sends checked output",
  async (_, contract, tooSmall) => {
    await using w = await harnesses.next();
    let handled = 0;
    const handle = (request: HandlerRequest<{ plates: number; at: Date }>) => {
      handled++;
      const { plates, at } = request.json();
      if (plates === 13) return { price: "none" } as unknown as { price: number };
      return { price: plates * at.getUTCFullYear(), secret: "left out" };
    };
    await w.responder({ handlers: { "order-soup": { ...contract, handle } } });
    const alice = await w.requester(quick);
    const { output } = contract as typeof withZod;

    const good = await alice.request("order-soup", { plates: 2, at }, { output });
    expect([good.status, good.text, good.json()]).toEqual([
      "ok",
      '{"price":4054,"name":"soup"}',
      { price: 4054, name: "soup" },
    ]);

    const bad = await alice.request("order-soup", { plates: 0, at });
    expect(bad).toMatchObject({ status: "rejected", text: expect.stringMatching(tooSmall) });
    expect(await alice.request("order-soup", "soup")).toMatchObject({
      status: "rejected",
      text: "the payload is not JSON",
    });
    expect(handled).toBe(1);

    const failed = await alice.request("order-soup", { plates: 13, at }, { output });
    expect(failed).toMatchObject({
      status: "error",
      text: expect.stringMatching(/^the handler's result does not match its schema: price: /),
    });
    await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  },
);

test("a schema of text or numbers travels as JSON, too", async () => {
  await using w = await harnesses.next();
  const greet = {
    input: z.string(),
    output: z.number(),
    handle: async (request: HandlerRequest<string>) =>
      new HandlerReply(request.json().length, { headers: { Via: "bob" } }),
  };
  await w.responder({ handlers: { greet } });
  const alice = await w.requester(quick);
  const reply = await alice.request("greet", "alice", greet_(greet));
  expect([reply.text, reply.json(), reply.headers.get("Via")]).toEqual(["5", 5, "bob"]);
  const handle = await alice.send("greet", "bob", { input: greet.input });
  expect((await alice.collect(handle, { ...quick, output: greet.output }))?.json()).toBe(3);
});

/** The contract alone: `handle` is no option of a request. */
const greet_ = <I, O>({ input, output }: { input: I; output: O }) => ({ input, output });

test("a requester checks what it sends before, and what it reads after", async () => {
  await using w = await harnesses.next();
  await w.responder({ handlers: { "order-soup": () => ({ price: "4" }), text: "soup" } });
  for (const maxOutstanding of [undefined, 2]) {
    const alice = await w.requester({ ...quick, maxOutstanding });
    const sent = alice.request("order-soup", { plates: -1, at }, withZod).catch((error) => error);
    expect(await sent).toBeInstanceOf(InvalidInputError);
    expect((await sent).message).toMatch(/^The payload does not match its schema: plates: Too small/);
    await expect(alice.send("order-soup", { plates: 1.5, at }, { input: withZod.input })).rejects.toThrow(/plates: /);
    const read = await alice.request("order-soup", { plates: 1, at }, withZod);
    expect([read.status, read.text]).toEqual(["ok", '{"price":"4"}']);
    expect(() => read.json()).toThrow(UnreadablePayloadError);
    expect(() => read.json()).toThrow(/^the reply does not match its schema: price: /);
    const text = await alice.request("text", { plates: 1, at }, withZod);
    expect(() => text.json()).toThrow('Expected the reply to be JSON, got "soup".');
    // @ts-expect-error `at` is missing
    await expect(alice.request("text", { plates: 1 }, withZod)).rejects.toThrow(/at: /);
  }
  expect(w.of("requested")).toHaveLength(4);
});

test("a check that waits works for handlers and replies, and is refused before a send", async () => {
  await using w = await harnesses.next();
  const later = z.object({ n: z.number() }).refine(async ({ n }) => n > 0, { message: "not above 0" });
  await w.responder({ handlers: { later: { input: later, output: later, handle: (request) => request.json() } } });
  const alice = await w.requester(quick);
  expect((await alice.request("later", { n: 1 }, { output: later })).json()).toEqual({ n: 1 });
  expect(await alice.request("later", { n: 0 })).toMatchObject({
    status: "rejected",
    text: expect.stringContaining("not above 0"),
  });
  await expect(alice.request("later", { n: 1 }, { input: later })).rejects.toThrow(/without asynchronous checks/);
});

const entries: [string, unknown, RegExp][] = [
  [
    "a schema that is none",
    { input: { parse: () => 1 }, handle: () => "" },
    /^Expected handlers\["tea"\]\.input to be a schema that implements Standard Schema v1/,
  ],
  ["a schema that is null", { output: null, handle: () => "" }, /^Expected handlers\["tea"\]\.output to be a schema/],
  [
    "no handle",
    { input: z.string() },
    /^Expected handlers\["tea"\] to be a function, text, bytes, or an object with `handle`, got Object\.$/,
  ],
  [
    "a misspelt schema",
    { inptu: z.string(), handle: () => "" },
    /^handlers\["tea"\] has no option "inptu"; did you mean "input"\?$/,
  ],
  ["a number", 5, /got number\.$/],
];

test.each(entries)("a handler with %s is refused at the start", async (_, entry, message) => {
  await using w = await harnesses.next();
  const started = Responder.start(w.nc, { handlers: { tea: entry as () => string } });
  await expect(started).rejects.toThrow(message);
  await expect(started).rejects.toBeInstanceOf(InvalidInputError);
});

test("a requester refuses a schema that is none, and sends nothing", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester();
  const none = {} as StandardSchema<string>;
  await expect(alice.request("tea", "", { input: none })).rejects.toThrow(/^Expected input to be a schema/);
  await expect(alice.request("tea", "", { output: none })).rejects.toThrow(/^Expected output to be a schema/);
  expect(await w.count("REQUESTS")).toBe(0);
});

test("types are inferred from the schemas on both sides", async () => {
  await using w = await harnesses.next();
  await using _ = await Responder.start(w.nc, {
    handlers: {
      plain: (request) => {
        expectTypeOf(request.json()).toEqualTypeOf<unknown>();
        return request.text;
      },
      fixed: "🍵",
      "order-soup": {
        ...withZod,
        handle: (request) => {
          expectTypeOf(request.json()).toEqualTypeOf<{ plates: number; at: Date }>();
          return { price: request.json().plates };
        },
      },
      "order-stew": {
        input: withValibot.input,
        output: withValibot.output,
        handle: async (request) => {
          expectTypeOf(request.json().at).toEqualTypeOf<Date>();
          return new HandlerReply({ price: 1 }, { headers: {} });
        },
      },
      wrong: {
        output: z.object({ price: z.number() }),
        // @ts-expect-error the price is a number
        handle: () => ({ price: "4" }),
      },
    },
  });
  const alice = await w.requester(quick);
  const reply = await alice.request("order-soup", { plates: 1, at }, withZod);
  expectTypeOf(reply.json()).toEqualTypeOf<{ price: number; name: string }>();
  expectTypeOf(alice.request<{ plates: number; at: string }>).toBeFunction();
  const untyped = await alice.request("plain", "5");
  expectTypeOf(untyped.json()).toEqualTypeOf<unknown>();
  expectTypeOf(untyped.json<number>()).toEqualTypeOf<number>();
  // @ts-expect-error a number is no payload
  await expect(alice.request("plain", 5)).rejects.toThrow(InvalidInputError);
  // @ts-expect-error the schema takes a number
  await expect(alice.send("order-soup", { plates: "1", at }, { input: withZod.input })).rejects.toThrow(/plates/);
});

test("schemas check and type each of several replies, live and collected later", async () => {
  await using w = await harnesses.next();
  await w.responder({
    handlers: {
      async *feast(request) {
        yield { course: request.json<{ guests: number }>().guests };
        yield { course: "soup" };
        return { total: 12 };
      },
    },
  });
  const alice = await w.requester({ name: "alice" });
  const options = {
    ...{ input: z.object({ guests: z.number() }), part: z.object({ course: z.number() }) },
    output: v.object({ total: v.pipe(v.number(), v.minValue(1)) }),
  };
  // @ts-expect-error: no guests
  const refused = alice.requestMany("feast", { guest: 3 }, { ...quick, ...options });
  await expect(refused.next()).rejects.toThrow(InvalidInputError);
  expect(w.of("requested")).toEqual([]);
  // @ts-expect-error: no schema
  expect(() => alice.requestMany("feast", "", { part: 7 })).toThrow("Expected part to be a schema");

  const seen: unknown[] = [];
  const id = "feast-1";
  for await (const reply of alice.requestMany("feast", { guests: 3 }, { ...quick, ...options, id })) {
    if (!reply.last) expectTypeOf(() => reply.json()).returns.toEqualTypeOf<{ course: number }>();
    else expectTypeOf(() => reply.json()).returns.toEqualTypeOf<{ total: number }>();
    seen.push(jsonOf(reply));
  }
  const expected = [{ course: 3 }, "part or reply does not match its schema: course", { total: 12 }];
  expect(seen).toEqual(expected);

  const collected: unknown[] = [];
  const { part, output } = options;
  for await (const reply of collectMany(w.nc, { requester: "alice", id }, { part, output }))
    collected.push(jsonOf(reply));
  expect(collected).toEqual(expected);
});

function jsonOf(reply: ManyReply): unknown {
  try {
    return reply.json();
  } catch (error) {
    expect(error).toBeInstanceOf(UnreadablePayloadError);
    return /does not match its schema: course: Invalid/.test((error as Error).message)
      ? "part or reply does not match its schema: course"
      : error;
  }
}

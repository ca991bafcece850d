import fc from "fast-check";
import { expect, test } from "vitest";
import { formatHandle, type Handle, InvalidInputError, parseHandle } from "../../src/index.js";
import { requireHandle } from "../internal/requester.js";
import { anyText } from "../support/any-text.js";

const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const handle = fc.record({
  requester: name,
  request: name,
  stream: name,
  sequence: fc.nat(Number.MAX_SAFE_INTEGER).filter((n) => n < 1e15),
});
const elsewhere = fc.tuple(handle, fc.constantFrom("kv", "shared")).map(([h, store]) => ({ ...h, store }) as Handle);

test("a handle is equal after it is formatted and parsed", () => {
  fc.assert(
    fc.property(fc.oneof(handle, elsewhere), (h) => {
      expect(parseHandle(formatHandle(h))).toEqual(h);
    }),
  );
});

test("any other text is refused with the documented error", () => {
  fc.assert(
    fc.property(anyText(), (text) => {
      expect(() => parseHandle(text)).toThrow(InvalidInputError);
    }),
  );
});

test.each([
  "",
  "a.b.c",
  "a.b.c.x",
  "a.b.c.-1",
  "a.b.c.1.x",
  "a.b.c.1.",
  "a.b.c.1.mailbox",
  "a.b.c.1.kv.kv",
  " a.b.c.1",
  "a. b.c.1",
  "a.b.c.1\n",
  "a..c.1",
  "ä.b.c.1",
])("the text %j is refused as a handle", (text) => {
  expect(() => parseHandle(text)).toThrow(/^Expected a handle such as alice/);
});

test.each([
  { requester: "*" },
  { request: " >" },
  { request: "a\nb" },
  { stream: "" },
  { sequence: -1 },
  { sequence: "1" as unknown as number },
  { store: "mailbox" as unknown as "kv" },
])("a handle object with %j is refused", (part) => {
  const good = { requester: "alice", request: "1", stream: "REQUESTS", sequence: 1 };
  expect(requireHandle(good)).toBe(good);
  expect(() => requireHandle({ ...good, ...part })).toThrow(InvalidInputError);
  expect(() => requireHandle(null as unknown as typeof good)).toThrow(InvalidInputError);
});

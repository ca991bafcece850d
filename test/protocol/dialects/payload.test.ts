// What each dialect makes of a handler's answer, so that its requester can decode it.
import { expect, test } from "vitest";
import { dialects } from "../../internal/protocol.js";

const payload = (name: string, status: "ok" | "error", answer: string) =>
  dialects.find((dialect) => dialect.name === name)?.payload(status, answer);

const bytes = new Uint8Array([1, 2, 3]);

test.each(dialects.map((dialect) => [dialect.name, dialect] as const))(
  "dialect %s passes bytes unchanged",
  (_, dialect) => {
    expect(dialect.payload("ok", bytes)).toBe(bytes);
    expect(dialect.payload("error", bytes)).toBe(bytes);
  },
);

test.each(["kit", "trial", "core"])("dialect %s passes text unchanged", (name) => {
  expect(payload(name, "ok", "🥪")).toBe("🥪");
  expect(payload(name, "error", "out of bread")).toBe("out of bread");
});

test.each(["nestjs-jetstream", "nestjs-jetstream-1"])("dialect %s encodes text as JSON unless it is JSON", (name) => {
  expect(payload(name, "ok", "🥪")).toBe('"🥪"');
  expect(payload(name, "ok", '{"sandwich":"🥪"}')).toBe('{"sandwich":"🥪"}');
  expect(payload(name, "ok", "")).toBe('""');
});

test("dialect nestjs-jetstream encodes a failure as an object with a message", () => {
  expect(payload("nestjs-jetstream", "error", "out of bread")).toBe('{"message":"out of bread"}');
});

test.each(["out of bread", "null", "42", '{"ok":true}'])(
  "dialect nestjs-jetstream-1 does not encode a failure as JSON: %s",
  (text) => {
    const failure = payload("nestjs-jetstream-1", "error", text) as string;
    expect(failure).toContain(text);
    expect(() => JSON.parse(failure)).toThrow();
  },
);

test.each(["quarkus", "quarkus-message"])("dialect %s encodes text as a JSON string", (name) => {
  expect(payload(name, "ok", "🥪")).toBe('"🥪"');
  expect(payload(name, "ok", "42")).toBe('"42"');
});

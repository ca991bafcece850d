// Entry point `jetstream-request-reply-kit/testing/vitest`: vitest's `test` with the fixtures, and its `expect` with the matchers.
import { test as base, beforeAll, expect } from "vitest";
import { findServer } from "../server/index.js";
import { type Fixtures, fixtures } from "./fixtures.js";
import { type KitMatchers, matchers } from "./matchers.js";

export { afterAll, afterEach, beforeAll, beforeEach, describe } from "vitest";
export * from "./index.js";

declare module "vitest" {
  // Vitest's own interface has this parameter, and both must look the same.
  // biome-ignore lint/suspicious/noExplicitAny: vitest's is any
  interface Matchers<T = any> extends KitMatchers {}
}

expect.extend(matchers);

/** For a nats-server that has to be fetched: the first test's time-out (5 s) must not run meanwhile. */
const fetchMs = 120_000;

beforeAll(async () => {
  // A failure is reported by the first test that needs a server.
  await findServer({ onProgress: (line) => console.log(line) }).catch(() => {});
}, fetchMs);

/** Vitest's `test` with the fixtures. @example test("...", async ({ lab }) => { ... }); */
export const test = base.extend<Fixtures>(fixtures);

export { expect };

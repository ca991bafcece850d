// `jetstream-request-reply-kit/testing/vitest`: vitest's `test` with the fixtures, its `expect` with the matchers.
//   import { expect, test } from "jetstream-request-reply-kit/testing/vitest";
import { test as base, expect } from "vitest";
import { type Fixtures, fixtures } from "./fixtures.js";
import { type KitMatchers, matchers } from "./matchers/index.js";

declare module "vitest" {
  // Vitest's own interface has this parameter, and both must look the same.
  // biome-ignore lint/suspicious/noExplicitAny: vitest's is any
  interface Matchers<T = any> extends KitMatchers {}
}

expect.extend(matchers);

export const test = base.extend<Fixtures>(fixtures as never);
export { afterAll, afterEach, beforeAll, beforeEach, describe } from "vitest";
export * from "./index.js";
export { expect };

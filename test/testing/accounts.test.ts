// The accounts of a lab's server: any password that is drawn at random is read as a text.
import { expect, test } from "vitest";
import { openConnection } from "../../src/index.js";
import { accountsConfig } from "../internal/testing.js";
import { startTestServer } from "../support/server.js";

test.each(["5e12ab", "0123456789abcdef", "1m", "true"])("a server accepts the password %s", async (password) => {
  await using server = await startTestServer({ config: accountsConfig(["lab1"], password) });
  const nc = await openConnection({ servers: server.url, user: "lab1", password });
  expect(nc.isClosed()).toBe(false);
  await nc.close();
});

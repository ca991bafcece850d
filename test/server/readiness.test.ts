import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { clientPort } from "../internal/server.js";
import { folder } from "./fakes.js";

const text = '{"nats":["nats://127.0.0.1:4321"]}';
const never = new AbortController().signal;

test("a ports file that exists before the watch is read", async () => {
  await using at = await folder();
  await writeFile(join(at.path, "nats-server_7.ports"), text);
  expect(await clientPort(at.path, 7, never)).toBe(4321);
});

test("a half-written ports file and another server's are ignored", async () => {
  await using at = await folder();
  await writeFile(join(at.path, "nats-server_17.ports"), text.replace("4321", "1"));
  await writeFile(join(at.path, "nats-server_7.ports"), text.slice(0, -4));
  const port = clientPort(at.path, 7, never);
  await writeFile(join(at.path, "nats-server_7.ports"), text);
  expect(await port).toBe(4321);
});

test("the wait ends when its signal aborts", async () => {
  await using at = await folder();
  const given = new AbortController();
  const port = clientPort(at.path, 7, given.signal);
  given.abort(new Error("the server ended"));
  await expect(port).rejects.toThrow("the server ended");
});

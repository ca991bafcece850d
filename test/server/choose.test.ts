// --server-version: another nats-server by its path, its source or its version; and runs on Debian's old one, where it is there.
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { chooseServer, findServer } from "../internal/server.js";
import { coreGreeting, play } from "../support/scenario.js";

const debian = "/usr/sbin/nats-server";
const old = existsSync(debian) && (await chooseServer(debian)).version === "2.9.10";
if (!old) console.log(`skipped: ${debian} is not Debian's nats-server 2.9.10`);

// A mirror is used only with a checksum, and there is one of the pinned version only: these searches need no network.
const env = { PATH: "/nowhere", NATS_SERVER_RELEASES: "http://127.0.0.1:1" };
const pinned = await findServer();

test("a server path is used unchanged, with the user as its origin", async () => {
  const { path, version } = pinned;
  expect(await chooseServer(path)).toEqual({ path, version, origin: "--server-version" });
});

test("a server version is searched in every source", async () => {
  const { path, version } = pinned;
  const found = await chooseServer(`v${version}`, { env: { NATS_SERVER_BIN: path }, cacheDir: "/nowhere" });
  expect(found).toEqual({ path, version, origin: "NATS_SERVER_BIN" });
});

test.each([
  [
    "1.2.3",
    /^No nats-server 1\.2\.3 is here, and none could be fetched \(NATS_SERVER_BIN: not set; PATH: .*; cache: .*; release archive: .*; Go toolchain: go is not on the PATH\)\. Name the path/,
  ],
  ["cache", /^--server-version cache cannot be used: nothing in \/nowhere/],
  ["PATH", /^--server-version PATH cannot be used: no nats-server on it\.$/],
  [
    "newest",
    /^Expected --server-version to be PATH, cache, a version like 2\.14\.0 or the path .* no file .*newest\.$/,
  ],
  [process.execPath, /is not a nats-server/],
])("an unsuitable server choice is refused: %s", async (choice, sentence) => {
  await expect(chooseServer(choice, { env, cacheDir: "/nowhere" })).rejects.toThrow(sentence);
});

test("a given server and a chosen one exclude each other", async () => {
  const run = play("scenario: test\nquestion: q\nanswer: a\ntimeline: [{ wait: 1ms }]\n", {
    connection: { servers: "nats://127.0.0.1:1" },
    serverVersion: "cache",
  });
  await expect(run).rejects.toThrow("leave out --server and NATS_URL");
});

test.runIf(old)("an old server is used if it is named, and the result has its version", async () => {
  const choices = { PATH: "PATH", "2.9.10": "PATH", [debian]: "--server-version" };
  for (const [choice, origin] of Object.entries(choices))
    expect(await chooseServer(choice, { env: { PATH: "/usr/sbin" }, cacheDir: "/nowhere" })).toEqual({
      ...{ path: debian, version: "2.9.10" },
      origin,
    });
  await expect(chooseServer(debian, { atLeast: "2.11.0" })).rejects.toThrow("2.11.0 or newer is needed");
  const { result } = await play(coreGreeting(), { serverVersion: debian });
  expect(result).toMatchObject({ verdict: "held", server: { version: "2.9.10", origin: "--server-version" } });
});

test.runIf(old)("sync_interval is refused if the server does not support it", async () => {
  const run = play(coreGreeting("server: { sync_interval: always }\n"), { serverVersion: debian });
  await expect(run).rejects.toThrow(
    /^test sets server\.sync_interval, which nats-server knows from 2\.10 on, and .* is 2\.9\.10; give it a newer one\.$/,
  );
});

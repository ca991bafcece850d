// Servers of a version that a scenario names: several in NATS_SERVER_BIN, and one that the Go toolchain builds.
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chooseServer, findServer } from "../internal/server.js";
import { fakeServer, folder, script } from "./fakes.js";

/** A toolchain that writes a fake server to GOBIN, and counts its calls in `calls`. */
const fakeGo = (at: string, body = "") =>
  script(
    at,
    "go",
    `[ "$1" = version ] && exit
echo "$@" >> ${at}/calls
${body}
printf '#!/bin/sh\\necho "nats-server: v%s"\\n' "\${2##*@v}" > "$GOBIN/nats-server"`,
  );

const callsOf = async (at: string) => (await readFile(join(at, "calls"), "utf8")).trim().split("\n");

/** A mirror is used only with a checksum, and there is one of the pinned version only. */
const noDownload = { NATS_SERVER_RELEASES: "http://127.0.0.1:1" };

test("a version that is nowhere is built once, and is in the cache from then on", async () => {
  await using at = await folder();
  await fakeGo(at.path);
  const options = { env: { PATH: `${at.path}:${process.env.PATH}`, ...noDownload }, cacheDir: join(at.path, "cache") };
  expect(await chooseServer("9.8.7", options)).toMatchObject({ version: "9.8.7", origin: "Go toolchain" });
  const again = await chooseServer("9.8.7", options);
  expect(again).toMatchObject({ version: "9.8.7", origin: "cache" });
  expect(await callsOf(at.path)).toEqual(["install github.com/nats-io/nats-server/v2@v9.8.7"]);
  // A built binary that has changed since is built again.
  await appendFile(again.path, "# damaged\n");
  expect((await chooseServer("9.8.7", options)).origin).toBe("Go toolchain");
});

test("a version that cannot be built is refused with the last words of the toolchain", async () => {
  await using at = await folder();
  await fakeGo(at.path, 'echo "go: downloading x" >&2; echo "go: unknown revision v9.8.7" >&2; exit 1');
  const options = { env: { PATH: at.path, ...noDownload }, cacheDir: join(at.path, "cache") };
  await expect(chooseServer("9.8.7", options)).rejects.toThrow(
    /^No nats-server 9\.8\.7 is here, .*; Go toolchain: go: unknown revision v9\.8\.7\)/,
  );
});

test("a build that yields another version is not used", async () => {
  await using at = await folder();
  await fakeGo(at.path, "set -- install x@v9.8.8");
  const options = { env: { PATH: at.path, ...noDownload }, cacheDir: join(at.path, "cache") };
  await expect(chooseServer("9.8.7", options)).rejects.toThrow("it holds nats-server 9.8.8, not 9.8.7");
});

test("NATS_SERVER_BIN may list several servers: the first is used, or the one of a named version", async () => {
  await using at = await folder();
  const [old, young] = [await fakeServer(join(at.path, "a"), "2.12.4"), await fakeServer(join(at.path, "b"), "2.14.1")];
  const options = {
    env: { NATS_SERVER_BIN: `${old}:${young}`, PATH: "/nowhere", ...noDownload },
    cacheDir: join(at.path, "cache"),
  };
  expect((await findServer(options)).path).toBe(old);
  expect((await chooseServer("2.12.4", options)).path).toBe(old);
  expect((await chooseServer("2.14.1", options)).path).toBe(young);
  await expect(chooseServer("2.14.2", options)).rejects.toThrow("NATS_SERVER_BIN has 2.14.1");
});

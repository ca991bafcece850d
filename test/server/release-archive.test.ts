import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { findServer, releaseArchiveWithin } from "../internal/server.js";
import { digestOfFake, fakeReleases, folder } from "./fakes.js";

const find = (
  url: string,
  cacheDir: string,
  { stallMs = 10_000, onProgress = (_: string) => {}, sha256 = digestOfFake() } = {},
) => {
  const sources = [releaseArchiveWithin(stallMs)];
  return findServer({ env: { NATS_SERVER_RELEASES: url }, cacheDir, sha256, onProgress, sources });
};

/** Whatever went wrong, neither a binary nor a temporary folder may be left. */
const leftIn = (cacheDir: string) => readdir(join(cacheDir, "nats-server"));

test("an archive that matches its checksum ends up in the cache, with a line before and after", async () => {
  await using at = await folder();
  await using releases = await fakeReleases(at.path);
  const cache = join(at.path, "cache");
  const lines: string[] = [];
  const found = await find(releases.url, cache, { onProgress: (line) => lines.push(line) });
  const home = join(cache, "nats-server", `2.14.0-${process.platform}-${process.arch}`);
  expect(found).toEqual({ path: join(home, "nats-server"), version: "2.14.0", origin: "release archive" });
  expect((await readdir(home)).sort()).toEqual(["nats-server", "nats-server.sha256"]);
  expect(lines.slice(0, 2)).toEqual(["fetching nats-server 2.14.0 (about 7 MB, once)", "  from release archive"]);
  expect(lines[2]).toMatch(/^nats-server 2\.14\.0 is stored \(0\.0 MB in \d+\.\d s\)$/);
  expect(lines[3]).toBe(`  in ${home}`);
  expect(await readdir(join(cache, "nats-server"))).toHaveLength(1);
});

test("an archive that does not match is not used", async () => {
  await using at = await folder();
  await using releases = await fakeReleases(at.path, (_, response) => response.end("something else"));
  const cache = join(at.path, "cache");
  await expect(find(releases.url, cache)).rejects.toThrow("the archive is no gzip; it was not used");
  expect(await leftIn(cache)).toEqual([]);
});

test("a binary that is not the pinned one does not run, whatever the mirror says of it", async () => {
  await using at = await folder();
  const asked: (string | undefined)[] = [];
  await using releases = await fakeReleases(at.path, ({ url }, response) => {
    asked.push(url);
    response.end(releases.archive);
  });
  const cache = join(at.path, "cache");
  const sha256 = "c67f0fb76603cbd7b59ae4103b37668e627dbf7b9f4bef121c60cfebce304fff";
  await expect(find(releases.url, cache, { sha256 })).rejects.toThrow(
    "checksum is not the pinned one; it was not used",
  );
  expect(asked).toHaveLength(1);
  expect(await leftIn(cache)).toEqual([]);
});

test.each([
  ["more than an archive may have", (size: number) => Buffer.alloc(size), 65_000_000, "it is larger than 64 MB"],
  [
    "more than a binary may have",
    (size: number) => gzipSync(Buffer.alloc(size)),
    257_000_000,
    "unpacks to more than 256 MB",
  ],
] as const)("%s is not used", async (_, body, size, reason) => {
  await using at = await folder();
  await using releases = await fakeReleases(at.path, (_request, response) => response.end(body(size)));
  const cache = join(at.path, "cache");
  await expect(find(releases.url, cache)).rejects.toThrow(reason);
  expect(await leftIn(cache)).toEqual([]);
});

test("a missing release is reported with 404", async () => {
  await using at = await folder();
  await using releases = await fakeReleases(at.path, (_, response) => response.writeHead(404).end());
  await expect(find(releases.url, join(at.path, "cache"))).rejects.toThrow(
    /tar\.gz could not be downloaded: it answered 404/,
  );
});

test("a body that breaks off is not used", async () => {
  await using at = await folder();
  await using releases = await fakeReleases(at.path, (_, response) => {
    response.writeHead(200, { "content-length": 1_000_000 });
    response.write("the beginning", () => response.destroy());
  });
  const cache = join(at.path, "cache");
  await expect(find(releases.url, cache)).rejects.toThrow("could not be downloaded: ");
  expect(await leftIn(cache)).toEqual([]);
});

test("a body that stalls is abandoned", async () => {
  await using at = await folder();
  await using releases = await fakeReleases(at.path, (_, response) => {
    response.writeHead(200, { "content-length": 1_000_000 });
    response.write("the beginning");
  });
  const cache = join(at.path, "cache");
  await expect(find(releases.url, cache, { stallMs: 300 })).rejects.toThrow(
    "could not be downloaded: nothing came for 0.3 s",
  );
  expect(await leftIn(cache)).toEqual([]);
});

test("a download server that accepts and never answers is abandoned", async () => {
  await using at = await folder();
  await using releases = await fakeReleases(at.path, () => {});
  await expect(find(releases.url, join(at.path, "cache"), { stallMs: 300 })).rejects.toThrow("nothing came for 0.3 s");
});

test("a release with another version inside is not used", async () => {
  await using at = await folder();
  await using releases = await fakeReleases(at.path, undefined, "2.13.0");
  await expect(find(releases.url, join(at.path, "cache"), { sha256: digestOfFake("2.13.0") })).rejects.toThrow(
    "it holds nats-server 2.13.0, not 2.14.0",
  );
});

test("a scenario that needs a newer version than the kit fetches fails before any download", async () => {
  await using at = await folder();
  const sources = [releaseArchiveWithin(300)];
  const found = findServer({ env: {}, cacheDir: join(at.path, "cache"), atLeast: "2.99.0", sources });
  await expect(found).rejects.toThrow("the kit fetches 2.14.0; 2.99.0 or newer is needed");
});

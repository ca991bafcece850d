// What happens when several processes fetch at once, and when one is killed in the middle.
import { readdir } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { digestOfFake, fakeReleases } from "./fakes.js";
import { exitOf, folderWithKit, messageFrom, run } from "./processes.js";

const here = folderWithKit();

/** A process that finds a server in its cache, or else in the releases. */
const fetcher = (name: string, url: string, cacheDir: string) =>
  run(
    here,
    name,
    `import { findServer } from "./kit/server/find.js";
import { cache } from "./kit/server/sources/cache.js";
import { releaseArchive } from "./kit/server/sources/release-archive.js";
const env = { NATS_SERVER_RELEASES: ${JSON.stringify(url)} };
process.send(await findServer({ env, cacheDir: ${JSON.stringify(cacheDir)}, sha256: "${digestOfFake()}", sources: [cache, releaseArchive] }));
process.disconnect();`,
  );

test("two processes that fetch at once both get the server", async () => {
  const waiting: ServerResponse[] = [];
  // Neither gets its archive before both have asked for it.
  await using releases = await fakeReleases(join(here, "two"), (_, response) => {
    waiting.push(response);
    if (waiting.length === 2) for (const each of waiting) each.end(releases.archive);
  });
  const cacheDir = join(here, "two", "cache");
  const both = await Promise.all([fetcher("a", releases.url, cacheDir), fetcher("b", releases.url, cacheDir)]);
  const found = await Promise.all(both.map((child) => messageFrom<{ path: string; origin: string }>(child)));
  expect(found.map(({ origin }) => origin)).toEqual(["release archive", "release archive"]);
  expect(found[0]).toEqual(found[1]);
  await Promise.all(both.map(exitOf));
  expect(await readdir(join(cacheDir, "nats-server"))).toHaveLength(1);
  expect(await messageFrom(await fetcher("c", releases.url, cacheDir))).toMatchObject({ origin: "cache" });
}, 30_000);

test("a killed fetch leaves nothing at the final path, and the next fetch removes its files", async () => {
  let asked: (response: ServerResponse) => void;
  const first = new Promise<ServerResponse>((resolve) => {
    asked = resolve;
  });
  let requests = 0;
  await using releases = await fakeReleases(join(here, "killed"), (_, response) => {
    requests += 1;
    if (requests > 1) response.end(releases.archive);
    else response.write(releases.archive.subarray(0, 100), () => asked(response));
  });
  const cacheDir = join(here, "killed", "cache");
  const child = await fetcher("killed", releases.url, cacheDir);
  await first;
  child.kill("SIGKILL");
  await exitOf(child);
  const left = await readdir(join(cacheDir, "nats-server"));
  expect(left).toEqual([expect.stringMatching(/^\.fetch-/)]);
  expect(await messageFrom(await fetcher("next", releases.url, cacheDir))).toMatchObject({ origin: "release archive" });
  const after = await readdir(join(cacheDir, "nats-server"));
  expect(after).toEqual([`2.14.0-${process.platform}-${process.arch}`]);
}, 30_000);

// Source "release archive": the official one. `NATS_SERVER_RELEASES` names a mirror. A mirror's SHA256SUMS proves nothing: the pinned digest
// of the binary does, and where there is none only the official release is used.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { digestOf, download, extractOne, fetchIntoCache } from "../download.js";
import { PINNED_VERSION, type Source, thisPlatform } from "../source.js";

const RELEASES = "https://github.com/nats-io/nats-server/releases/download";

/** The release's name for each platform of Node. */
const platforms: Record<string, string> = {
  "linux-x64": "linux-amd64",
  "linux-arm64": "linux-arm64",
  "darwin-x64": "darwin-amd64",
  "darwin-arm64": "darwin-arm64",
};

/** `stallMs`: see `download()`. */
export const releaseArchiveWithin = (stallMs: number): Source => ({
  name: "release archive",
  async find(wanted) {
    const platform = platforms[thisPlatform];
    if (platform === undefined) throw new Error(`the kit knows of none for ${thisPlatform}`);
    const { exactly: version = PINNED_VERSION } = wanted;
    const mirror = wanted.env.NATS_SERVER_RELEASES;
    if (mirror && wanted.sha256 === undefined)
      throw new Error(`the kit knows no checksum of ${version} for ${thisPlatform}, and uses no mirror without one`);
    const base = `${mirror || RELEASES}/v${version}`;
    const name = `nats-server-v${version}-${platform}`;
    return fetchIntoCache(wanted, "release archive", "about 7 MB", async (folder) => {
      const archive = join(folder, `${name}.tar.gz`);
      await download(`${base}/${name}.tar.gz`, archive, stallMs);
      if (wanted.sha256 === undefined) {
        const sums = join(folder, "SHA256SUMS");
        await download(`${base}/SHA256SUMS`, sums, stallMs);
        await check(archive, `${name}.tar.gz`, await readFile(sums, "utf8"));
      }
      return extractOne(archive, `${name}/nats-server`, folder);
    });
  },
});

export const releaseArchive = releaseArchiveWithin(10_000);

async function check(archive: string, name: string, sums: string): Promise<void> {
  const line = sums.split("\n").find((candidate) => candidate.trim().endsWith(` ${name}`));
  if (line === undefined) throw new Error(`SHA256SUMS does not list ${name}; it was not used`);
  if (line.trim().split(/\s+/)[0] !== (await digestOf(archive, "sha256"))) {
    throw new Error(`${name} does not match its line in SHA256SUMS; it was not used`);
  }
}

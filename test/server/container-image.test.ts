import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { containerImage, findServer } from "../internal/server.js";
import { digestOfFake, fakeServer, folder, script } from "./fakes.js";

/** A docker that has one image, with nats-server at `place`, and writes down what it was asked. */
async function fakeDocker(at: string, place: string) {
  const binary = await fakeServer(join(at, "image"));
  return script(
    join(at, "bin"),
    "docker",
    `echo "$@" >> ${at}/asked
case "$1" in
  version) ;;
  create) echo "pulling $2" >&2; echo c0ffee ;;
  cp) if [ "$2" = "c0ffee:${place}" ]; then /bin/cp ${binary} "$3"; else echo "no such file" >&2; exit 1; fi ;;
  rm) ;;
esac`,
  );
}

const find = (at: string, env: NodeJS.ProcessEnv = {}) =>
  findServer({
    env: { PATH: join(at, "bin"), ...env },
    cacheDir: join(at, "cache"),
    sha256: digestOfFake(),
    sources: [containerImage],
  });

describe.skipIf(process.platform !== "linux")("a container image", () => {
  test.for(["/usr/local/bin/nats-server", "/nats-server"])("yields its binary at %s", async (place) => {
    await using at = await folder();
    await fakeDocker(at.path, place);
    const found = await find(at.path);
    expect(found.origin).toBe("container image docker.io/library/nats:2.14.0-alpine");
    expect(found.version).toBe("2.14.0");
    const asked = (await readFile(join(at.path, "asked"), "utf8")).trim().split("\n");
    expect(asked[1]).toBe("create docker.io/library/nats:2.14.0-alpine");
    expect(asked.at(-1)).toBe("rm --force c0ffee");
  });

  test("whose binary is not the pinned one is not used", async () => {
    await using at = await folder();
    await fakeDocker(at.path, "/nats-server");
    const found = findServer({
      ...{ env: { PATH: join(at.path, "bin") }, cacheDir: join(at.path, "cache"), sources: [containerImage] },
      sha256: "c67f0fb76603cbd7b59ae4103b37668e627dbf7b9f4bef121c60cfebce304fff",
    });
    await expect(found).rejects.toThrow("checksum is not the pinned one; it was not used");
  });

  test("whose binary is larger than 256 MB is not copied to its end, and its container is removed", async () => {
    await using at = await folder();
    await script(
      join(at.path, "bin"),
      "docker",
      `echo "$@" >> ${at.path}/asked
case "$1" in
  create) echo c0ffee ;;
  cp) exec /bin/dd if=/dev/zero of="$3" bs=1048576 seek=256 count=1 ;;
esac`,
    );
    await expect(find(at.path)).rejects.toThrow("docker wrote a file that is too large; it was not used");
    expect(await readFile(join(at.path, "asked"), "utf8")).toMatch(/^cp .+\nrm --force c0ffee$/m);
  });

  test("without a binary in the known places fails, and its container is removed", async () => {
    await using at = await folder();
    await fakeDocker(at.path, "/elsewhere");
    await expect(find(at.path, { NATS_SERVER_IMAGE: "mine" })).rejects.toThrow(
      "the image holds no nats-server at /usr/local/bin/nats-server or /nats-server",
    );
    expect(await readFile(join(at.path, "asked"), "utf8")).toMatch(/^create mine$[\s\S]*^rm --force c0ffee$/m);
  });

  test("is fetched by podman if docker does not answer", async () => {
    await using at = await folder();
    await fakeDocker(at.path, "/nats-server");
    await script(join(at.path, "bin"), "podman", `exec ${at.path}/docker "$@"`);
    const docker = await readFile(join(at.path, "bin", "docker"), "utf8");
    await script(at.path, "docker", docker);
    await script(join(at.path, "bin"), "docker", "echo 'no daemon' >&2; exit 1");
    expect((await find(at.path)).version).toBe("2.14.0");
  });

  test("needs an engine", async () => {
    await using at = await folder();
    await expect(find(at.path)).rejects.toThrow("docker is not on the PATH; podman is not on the PATH");
  });
});

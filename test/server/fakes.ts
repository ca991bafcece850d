// Stand-ins for what the sources run and read: scripts in the place of programs, and a folder that goes away by itself.
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "tar";

export interface Folder extends AsyncDisposable {
  path: string;
}

export async function folder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "kit-test-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A shell script at `folder/name`, executable. Returns its path. */
export async function script(at: string, name: string, body: string): Promise<string> {
  await mkdir(at, { recursive: true });
  const path = join(at, name);
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

const bodyOf = (version: string) => `echo "nats-server: v${version}"`;

/** SHA-256 of a fake server, for `findServer({ sha256 })`: the kit knows that of the true one. */
export const digestOfFake = (version = "2.14.0") =>
  createHash("sha256")
    .update(`#!/bin/sh\n${bodyOf(version)}\n`)
    .digest("hex");

export const fakeServer = (at: string, version = "2.14.0") => script(at, "nats-server", bodyOf(version));

export interface FakeReleases extends AsyncDisposable {
  url: string;
  archive: Buffer;
}

const name = `nats-server-v2.14.0-${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;

/** A release of a fake nats-server on a local web server; `answer` may serve the archive in its own way. */
export async function fakeReleases(at: string, answer?: RequestListener, version?: string): Promise<FakeReleases> {
  await fakeServer(join(at, name), version);
  const file = join(at, "archive.tar.gz");
  await create({ gzip: true, file, cwd: at }, [name]);
  const archive = await readFile(file);
  const server = createServer((request, response) => {
    if (request.url !== `/v2.14.0/${name}.tar.gz`) response.writeHead(404).end();
    else if (answer) answer(request, response);
    else response.end(archive);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, archive, [Symbol.asyncDispose]: close };
}

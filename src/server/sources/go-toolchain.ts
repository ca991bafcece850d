// Source "Go toolchain": a server of any version, built from its module. The toolchain verifies the module's checksum.
import { type ExecFileException, execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { fetchIntoCache } from "../download.js";
import type { Source } from "../source.js";

const MODULE = "github.com/nats-io/nats-server/v2";
const BUILD_MS = 600_000;

export const goToolchain: Source = {
  name: "Go toolchain",
  async find(wanted) {
    if (wanted.exactly === undefined) throw new Error("it builds a named version only");
    await go(["version"], wanted.env);
    const program = `${MODULE}@v${wanted.exactly}`;
    return fetchIntoCache(wanted, "Go toolchain", "a build of about a minute", async (folder) => {
      await go(["install", program], { ...wanted.env, GOBIN: folder });
      return join(folder, "nats-server");
    });
  },
};

async function go(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await promisify(execFile)("go", args, { env, timeout: BUILD_MS, killSignal: "SIGKILL" });
  } catch (cause) {
    const error = cause as ExecFileException;
    if (error.code === "ENOENT") throw new Error("go is not on the PATH", { cause });
    if (error.killed) throw new Error(`go install did not finish within ${BUILD_MS / 60_000} min`, { cause });
    const said = (error.stderr ?? "")
      .split("\n")
      .findLast((line) => line.trim() !== "" && !/^go: downloading/.test(line));
    throw new Error(said?.trim() || `go install ended with code ${error.code}`, { cause });
  }
}

// Source "container image": the static binary from the official image, for networks that reach only an image registry.
import { type ExecFileException, execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { fetchIntoCache, limitOrMissing, mostUnpackedBytes, writingAtMost } from "../download.js";
import { PINNED_VERSION, type Source, thisPlatform } from "../source.js";

const ENGINES = ["docker", "podman"];
const ANSWER_MS = 5_000;
const PULL_MS = 120_000;

/** In the alpine image, and in the one from scratch. */
const PLACES = ["/usr/local/bin/nats-server", "/nats-server"];

/** Runs the engine; returns its standard output, trimmed. */
type Engine = (args: readonly string[], timeoutMs?: number) => Promise<string>;

export const containerImage: Source = {
  name: "container image",
  async find(wanted) {
    if (process.platform !== "linux") throw new Error(`holds a server for linux, and this is ${process.platform}`);
    // A tag names another image tomorrow: without a digest nothing says what it holds.
    if (wanted.sha256 === undefined) throw new Error(`the kit knows no checksum of its server for ${thisPlatform}`);
    // The full name: for a short one podman asks for the registry.
    const image = wanted.env.NATS_SERVER_IMAGE || `docker.io/library/nats:${PINNED_VERSION}-alpine`;
    const engine = await answeringEngine(wanted.env);
    return fetchIntoCache(wanted, `container image ${image}`, "about 12 MB", async (folder) => {
      const container = await engine(["create", image], PULL_MS);
      try {
        return await copyOut(engine, container, join(folder, "nats-server"));
      } finally {
        await engine(["rm", "--force", container]).catch(() => {});
      }
    });
  },
};

async function answeringEngine(env: NodeJS.ProcessEnv): Promise<Engine> {
  const refused: string[] = [];
  for (const name of ENGINES) {
    const engine: Engine = (args, timeoutMs = ANSWER_MS) => run(name, args, timeoutMs, env);
    try {
      // Fails without an engine behind the client.
      await engine(["version"]);
      return engine;
    } catch (error) {
      refused.push((error as Error).message);
    }
  }
  throw new Error(refused.join("; "));
}

async function copyOut(engine: Engine, container: string, to: string): Promise<string> {
  for (const place of PLACES) {
    try {
      await engine(["cp", `${container}:${place}`, to], PULL_MS);
      return to;
    } catch (error) {
      // The next place may be right.
      if (/too large/.test((error as Error).message)) throw error;
    }
  }
  throw new Error(`the image holds no nats-server at ${PLACES.join(" or ")}`);
}

async function run(name: string, args: readonly string[], timeout: number, env: NodeJS.ProcessEnv): Promise<string> {
  try {
    return (
      await promisify(execFile)(...writingAtMost(mostUnpackedBytes, name, args), {
        env,
        timeout,
        killSignal: "SIGKILL",
      })
    ).stdout.trim();
  } catch (cause) {
    const error = cause as ExecFileException;
    const known = limitOrMissing(error, name);
    if (known) throw new Error(known, { cause });
    if (error.killed) throw new Error(`${name} did not answer within ${timeout / 1000} s`, { cause });
    const said = (error.stderr ?? "").trim().split("\n").at(-1)?.replace(/\.$/, "");
    throw new Error(`${name}: ${said || `it ended with code ${error.code}`}`, { cause });
  }
}

// A nats-server as a child process: found or fetched as the kit does everywhere, with a folder that goes with it.
import { createRunFolder, findServer, startServer, sweepRunFolders } from "../server/index.js";
import { guard } from "./guard.js";
import { acquiring } from "./release.js";
import type { StartedServer } from "./started-server.js";

let swept = false;

/** @throws ServerNotFound, ServerUnusable, ServerDidNotStart; each says what to do. */
export function startProcess(config: string, onProgress?: (line: string) => void): Promise<StartedServer> {
  return acquiring(async (releases) => {
    // What a test run that was killed left behind; once per process is often enough.
    if (!swept) sweepRunFolders();
    swept = true;
    const binary = await findServer(onProgress ? { onProgress } : {});
    const folder = releases.keep(await createRunFolder());
    const onSpawn = (pid: number) => folder.adopt(pid);
    const server = await startServer({ binary, folder: folder.path, config, onSpawn });
    // Nobody needs its store any more: there is nothing to flush.
    releases.add(() => server.kill());
    const watch = releases.keep(guard(server.pid, folder.path));
    // Should it end by itself, nobody must be left who would kill the next process of its number.
    void server.exited.then(() => watch[Symbol.asyncDispose]());
    const { url, origin } = server;
    return { url, origin, [Symbol.asyncDispose]: () => releases[Symbol.asyncDispose]() };
  });
}

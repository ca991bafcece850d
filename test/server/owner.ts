// A process that owns a run folder and a real server in it, as a run of the kit does.
import { mkdir } from "node:fs/promises";
import { expect, onTestFinished } from "vitest";
import { findServer, startOf, sweepRunFolders } from "../internal/server.js";
import { messageFrom, run } from "./processes.js";

/** Says what it has, and then runs `status`. `folder`: see processes.ts. */
export async function owner(folder: string, parent: string, status: string) {
  const binary = await findServer();
  await mkdir(parent, { recursive: true });
  // Registered before the process is, so it runs after that one's end: a failing test leaves no server behind.
  onTestFinished(() => void sweepRunFolders(parent));
  const child = await run(
    folder,
    `owner-${status.slice(0, 5).replace(/\W/g, "") || "idle"}`,
    `import { createRunFolder, NatsServer } from "./kit/server/index.js";
const folder = await createRunFolder(${JSON.stringify(parent)});
const binary = ${JSON.stringify(binary)};
const server = await NatsServer.start({ binary, folder: folder.path, onSpawn: folder.adopt });
process.send({ folder: folder.path, server: server.pid }, () => { ${status} });`,
  );
  return { child, said: await messageFrom<{ folder: string; server: number }>(child) };
}

/** A SIGKILL is not instant; the process is somebody else's child, so there is no event to wait for. */
export const gone = (pid: number) => expect.poll(() => startOf(pid), { interval: 5 }).toBeUndefined();

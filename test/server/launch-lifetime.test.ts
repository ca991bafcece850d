// A server and the Node process that started it: neither keeps the other alive by mistake.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findServer, startOf } from "../internal/server.js";
import { exitOf, folderWithKit, messageFrom, run } from "./processes.js";

const here = folderWithKit();

/** A process that starts a server without any run folder, sends its pid, and then runs `status`. */
async function starter(name: string, status: string) {
  await mkdir(join(here, name));
  const binary = JSON.stringify(await findServer());
  const body = `import { NatsServer } from "./kit/server/index.js";
const server = await NatsServer.start({ binary: ${binary}, folder: ${JSON.stringify(join(here, name))} });
process.send(server.pid, async () => { ${status} });`;
  const child = await run(here, `${name}-starter`, body);
  return { child, server: await messageFrom<number>(child) };
}

test.for([
  ["exit", "process.exit(0)"],
  ["throw", 'throw new Error("uncaught")'],
] as const)("a server is killed when its process ends by %s", async ([name, status]) => {
  const { child, server } = await starter(name, status);
  await exitOf(child);
  // The server is somebody else's child, so there is no event to wait for.
  await expect.poll(() => startOf(server), { interval: 5 }).toBeUndefined();
});

test("a process whose server was stopped ends by itself, without a watch, timer or handle", async () => {
  const { child, server } = await starter("stop", "await server.stop(); process.disconnect();");
  await exitOf(child);
  expect(child.exitCode).toBe(0);
  expect(startOf(server)).toBeUndefined();
});

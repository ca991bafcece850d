// Websocket: the address of a test server's websocket listener, from the server's ports file.
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export async function websocketUrl({ pid, logFile }: { pid: number; logFile: string }): Promise<string> {
  const folder = join(dirname(logFile), "ports");
  const file = (await readdir(folder)).find((name) => name.endsWith(`_${pid}.ports`)) as string;
  const { websocket } = JSON.parse(await readFile(join(folder, file), "utf8")) as { websocket: [string] };
  return websocket[0];
}

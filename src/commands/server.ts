// `jsrr server`: a nats-server with JetStream in the foreground, for use from several terminals.
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { InvalidInputError } from "../protocol/errors.js";
import { chooseServer, createRunFolder, findServer, NatsServer, sweepRunFolders } from "../server/index.js";
import { serverVersion, wholeNumber } from "./options.js";
import { interruptible, untilInterrupted } from "./signals.js";
import { note, say, sayJson } from "./terminal.js";

interface Flags {
  port: number;
  store?: string;
  token?: string;
  json?: boolean;
  serverVersion?: string;
}

export const configure = (command: Command): Command =>
  command
    .option("-p, --port <n>", "port on 127.0.0.1; 0 takes any free one", wholeNumber("--port", 0, 65_535), 4222)
    .option("--store <folder>", "keep the streams here (default: a temporary folder, removed at the end)")
    .option("--token <text>", "ask clients for this token (default: any program on this machine may connect)", tokenOf)
    .option(...serverVersion)
    .option("--json", "print URL, version and origin as JSON")
    .action(run);

/** It becomes a part of the configuration, and of the URL of its clients. */
function tokenOf(text: string): string {
  if (/^[A-Za-z0-9_-]{8,128}$/.test(text)) return text;
  throw new InvalidInputError('Expected --token to be 8 to 128 letters, digits, "-" or "_".');
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === "EEXIST" || cause.code === "ENOTDIR" ? "it is no folder" : cause.message;
    throw new InvalidInputError(`Cannot use ${path} as --store: ${why}.`, { cause });
  });
}

async function run(flags: Flags): Promise<void> {
  using interrupt = interruptible();
  await sweepRunFolders();
  const binary = await (flags.serverVersion === undefined
    ? findServer({ onProgress: note })
    : chooseServer(flags.serverVersion, { onProgress: note }));
  await using folder = await createRunFolder();
  const storeDir = flags.store ? resolve(flags.store) : undefined;
  if (storeDir) await makeFolder(storeDir);
  await using server = await NatsServer.start({
    binary,
    folder: folder.path,
    port: flags.port,
    onSpawn: (pid) => folder.adopt(pid),
    storeDir,
    ...(flags.token !== undefined && { config: `authorization { token: "${flags.token}" }` }),
  });
  const { url, version, origin } = server;
  if (flags.json) sayJson({ url, version, origin });
  else say(`${url}\nnats-server ${version}, from ${origin}; Ctrl-C stops it`);
  const ended = server.exited.then(({ code, signal }) => {
    throw new Error(`nats-server ended by itself (${signal ?? `exit code ${code}`}); its log: ${server.logFile}`);
  });
  await Promise.race([untilInterrupted(interrupt.signal), ended]);
  ended.catch(() => {}); // from here on it ends because we say so
}

// `npm run soak:faults`: random schedules of faults on real servers and processes, and what the checker finds.
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BadArguments, help, readArguments, type SoakArguments } from "./arguments.js";
import { check } from "./checker/check.js";
import type { Finding } from "./checker/finding.js";
import { createRunFolder, findServer, type ServerBinary, sweepRunFolders } from "./kit-server.js";
import { play } from "./play.js";
import { Progress } from "./progress.js";
import { scheduleOf } from "./schedule.js";

// An exit kills and removes what the run folders hold.
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, () => process.exit(130));

try {
  const args = readArguments(process.argv.slice(2), () => Date.now() % 1_000_000_000);
  if (args.help) console.log(help);
  else process.exitCode = await soak(args);
} catch (error) {
  console.error(error instanceof BadArguments ? error.message : error);
  process.exitCode = error instanceof BadArguments ? 4 : 3;
}

async function soak(args: SoakArguments): Promise<number> {
  sweepRunFolders();
  const binary = await findServer({ onProgress: (line) => console.error(line) });
  const progress = new Progress(args, binary.version);
  const endAt = performance.now() + args.forMs;
  let next = 0;
  const worker = async () => {
    while (next < args.runs && performance.now() < endAt) {
      const seed = args.seed + next++;
      progress.ended(seed, await playAndCheck(seed, args, binary));
    }
  };
  await Promise.all(Array.from({ length: args.parallel }, worker));
  return progress.finish();
}

async function playAndCheck(seed: number, args: SoakArguments, binary: ServerBinary): Promise<Finding[] | Error> {
  const schedule = scheduleOf(seed, args.nodes);
  await using folder = await createRunFolder();
  let result: Finding[] | Error;
  try {
    const { lines, contents } = await play(schedule, binary, folder);
    result = check(schedule, lines, contents);
  } catch (error) {
    result = error as Error;
  }
  if (args.keepAll || result instanceof Error || result.length > 0) keep(seed, folder.path, args, result);
  return result;
}

function keep(seed: number, from: string, { keep, nodes }: SoakArguments, result: Finding[] | Error): void {
  const to = join(keep, `${nodes}-${seed}`);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  const record = join(from, "record");
  if (existsSync(record)) cpSync(record, to, { recursive: true });
  const servers = join(from, "servers");
  const isStore = (path: string) => /\/store(\/|$)/.test(path);
  if (existsSync(servers)) cpSync(servers, join(to, "servers"), { recursive: true, filter: (path) => !isStore(path) });
  const text = result instanceof Error ? { error: result.stack } : result;
  writeFileSync(join(to, "findings.json"), JSON.stringify(text, undefined, 1));
}

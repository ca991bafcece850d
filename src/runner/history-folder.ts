// History folders: one per run. Of the runs that held, the newest are kept; all others stay.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { makeFolder } from "../common/make-folder.js";

const kept = 50;
const ownerOnly = 0o700;

/** Beside the actors' NDJSON files: the scenario as it was played, and what came of it. */
export const scenarioCopy = "scenario.yaml";
export const resultFile = "result.json";

/** `$XDG_STATE_HOME` or `~/.local/state`: histories are neither configuration nor a cache. */
export function defaultHistoryRoot(env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_STATE_HOME || join(homedir(), ".local", "state");
  return join(base, "jsrr");
}

/** A new folder such as `offline-responder-20260304-050607-k3x`; of the runs that held, the oldest beyond 50 are removed. */
export function createHistoryFolder(root: string, scenario: string, now = new Date()): string {
  makeFolder(resolve(root), ownerOnly);
  prune(root);
  const time = now.toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  const unique = Math.random().toString(36).slice(2, 7);
  const folder = join(root, `${scenario}-${time}-${unique}`);
  // Payloads of requests and replies are in it.
  mkdirSync(folder, { mode: ownerOnly });
  return folder;
}

/** What an external actor says of itself: one file for each start, as above. */
export function ownFile(folder: string, actor: string): string {
  for (let n = 1; ; n++) {
    const file = join(folder, n === 1 ? `${actor}.own.jsonl` : `${actor}-${n}.own.jsonl`);
    if (existsSync(file)) continue;
    writeFileSync(file, "", { mode: 0o600 });
    return file;
  }
}

/** The output of an external actor; one that starts again appends to it. */
export const outputFile = (folder: string, actor: string) => join(folder, `${actor}.log`);

/** Of a longer output the end. */
const longestOutput = 16_384;

/** What each external actor printed. */
export function outputsIn(folder: string): { actor: string; text: string; omittedBytes?: number }[] {
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".log")) : [];
  return files.sort().map((file) => {
    const all = readFileSync(join(folder, file));
    const omittedBytes = Math.max(0, all.length - longestOutput);
    const text = all.subarray(omittedBytes).toString();
    return { actor: file.slice(0, -".log".length), text, ...(omittedBytes > 0 && { omittedBytes }) };
  });
}

const lastFile = (env: NodeJS.ProcessEnv) => join(defaultHistoryRoot(env), "last");

/** Keeps where the last run's report is, or else its history, for `jsrr open`. */
export function rememberPlace(place: string, env: NodeJS.ProcessEnv): void {
  try {
    makeFolder(defaultHistoryRoot(env), ownerOnly);
    writeFileSync(lastFile(env), resolve(place), { mode: 0o600 });
  } catch {
    // The run has its verdict and its reports; only `jsrr open` needs a path then.
  }
}

/** Undefined before the first run, and when its folder is gone. */
export function lastPlace(env: NodeJS.ProcessEnv): string | undefined {
  try {
    const place = readFileSync(lastFile(env), "utf8");
    return existsSync(place) ? place : undefined;
  } catch {
    return undefined;
  }
}

/** `alice.ndjson`, and for an actor that starts again `alice-2.ndjson`: a torn line stays the last of its file. */
export function historyFile(folder: string, actor: string): string {
  for (let n = 1; ; n++) {
    const file = join(folder, n === 1 ? `${actor}.ndjson` : `${actor}-${n}.ndjson`);
    if (!existsSync(file)) return file;
  }
}

/** Only folders named as ours, of runs that held: a run that failed is what its user comes back for. Two runs pruning at once do no harm. */
function prune(root: string): void {
  const ours = readdirSync(root).filter((name) => /-\d{8}-\d{6}-[a-z0-9]+$/.test(name) && hasHeld(join(root, name)));
  const byTime = (name: string) => name.match(/\d{8}-\d{6}/)?.[0] ?? "";
  const oldestFirst = ours.sort((a, b) => (byTime(a) < byTime(b) ? -1 : 1));
  for (const name of oldestFirst.slice(0, Math.max(0, ours.length - kept + 1))) {
    rmSync(join(root, name), { recursive: true, force: true });
  }
}

/** The verdict comes before the lists of a result, which may be long. */
const resultHead = 65_536;

/** False where the run did not end. */
function hasHeld(folder: string): boolean {
  const head = Buffer.alloc(resultHead);
  try {
    const file = openSync(join(folder, resultFile), "r");
    try {
      return /^ {2}"verdict": "held"/m.test(head.toString("utf8", 0, readSync(file, head, 0, resultHead, 0)));
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}

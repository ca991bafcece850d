// Turns what nats-server wrote before it gave up into one sentence with what to do.
import { readFile } from "node:fs/promises";
import { diskFull } from "./disk-full.js";

export interface StartAttempt {
  version: string;
  host: string;
  /** 0 when any port would have done. */
  port: number;
  storeDir: string;
  logFile: string;
  /** Where this attempt begins in the log: a restarted server appends to it. */
  logStart: number;
}

export async function whyItEnded(attempt: StartAttempt, how: string): Promise<string> {
  const log = (await readFile(attempt.logFile)).subarray(attempt.logStart).toString();
  if (/address already in use/.test(log)) {
    return `port ${attempt.port} on ${attempt.host} is taken by another process; choose another with --port`;
  }
  if (/no space left on device|insufficient (storage )?resources/i.test(log))
    return diskFull(attempt.storeDir);
  return `nats-server ${attempt.version} ${how} before it was ready: ${itsOwnWords(log)}`;
}

/** Its fatal and error lines; configuration errors come before the log and start with `nats-server:`. */
function itsOwnWords(log: string): string {
  const lines = log.split("\n").filter((line) => line.trim() !== "");
  const telling = lines.filter((line) => /\[(FTL|ERR)\]|^nats-server: |^panic: /.test(line));
  const words = (telling.length > 0 ? telling : lines.slice(-1)).slice(0, 3);
  return (
    words.map((line) => line.replace(/^.*\[\w{3}\] |^nats-server: /, "").trim()).join("; ") ||
    "it said nothing"
  );
}

#!/usr/bin/env node
// The command line, and what its errors say to the shell. Everything else is in commands/.
import { createRequire } from "node:module";
import { exitCodeOf, explain } from "./commands/failure.js";
import { program } from "./commands/program.js";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

const given = process.argv.slice(2);
/** What follows `--` is not ours to read. */
const ours = given.includes("--") ? given.indexOf("--") : given.length;
const isDebug = (word: string, at: number) => word === "--debug" && at < ours;
const debug = given.some(isDebug);

function fail(error: unknown): void {
  const text = explain(error, debug);
  if (text) process.stderr.write(`${text}\n`);
  process.exitCode = exitCodeOf(error);
}

process.on("uncaughtException", (error) => {
  fail(error);
  process.exit();
});
// `jsrr list | head -1` closes our output: that is no error.
for (const output of [process.stdout, process.stderr]) {
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
}

const words = given.filter((word, at) => !isDebug(word, at));
await program(version).parseAsync(words, { from: "user" }).catch(fail);

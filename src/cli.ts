#!/usr/bin/env node
import { createRequire } from "node:module";
// The command line as a process: its words, its exit code, and what happens to its pipes. Everything else is in commands/.
import { commandLine } from "./commands/program.js";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };
const { run, fail } = commandLine(process.argv.slice(2), version);

process.on("uncaughtException", (error) => process.exit(fail(error)));
// `jsrr list | head -1` closes our output: that is no error.
for (const output of [process.stdout, process.stderr]) {
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
}

process.exitCode = await run();

#!/usr/bin/env node
// The `jsrr` process: its arguments, its exit code and its pipes.
import { createRequire } from "node:module";
import { commandLine } from "./commands/program.js";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };
const { run, fail } = commandLine(process.argv.slice(2), version);

process.on("uncaughtException", (error) => fail(error).then(process.exit, () => process.exit(3)));
// `jsrr list | head -1` closes stdout: that is no error.
for (const output of [process.stdout, process.stderr]) {
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
}

process.exitCode = await run();

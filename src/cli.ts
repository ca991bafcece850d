#!/usr/bin/env node
// The command line: commands, and what their errors say to the shell. Everything else is in commands/.
import { createRequire } from "node:module";
import { Command } from "commander";
import { collectCommand } from "./commands/collect.js";
import { exitCodeOf, explain } from "./commands/failure.js";
import { listCommand } from "./commands/list.js";
import { requestCommand } from "./commands/request.js";
import { respondCommand } from "./commands/respond.js";
import { scenarioCommand } from "./commands/scenario.js";
import { serverCommand } from "./commands/server.js";
import { setupCommand } from "./commands/setup.js";
import { statusCommand } from "./commands/status.js";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

function program(): Command {
  const jsrr = new Command("jsrr")
    .description("Durable request-reply on NATS JetStream, and the laboratory that proves it.")
    .version(version)
    .option("--debug", "show stack traces")
    .showHelpAfterError("(--help shows what is possible)")
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText(
      "after",
      "\nExit codes: 0 done or held, 1 violated or no reply, 2 inconclusive, 3 failed,\n4 bad file or arguments.",
    );
  const commands = [
    scenarioCommand(),
    listCommand(),
    serverCommand(),
    setupCommand(),
    respondCommand(),
    requestCommand(),
    collectCommand(),
    statusCommand(),
  ];
  for (const command of commands) jsrr.addCommand(command.copyInheritedSettings(jsrr));
  return jsrr;
}

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
await program().parseAsync(words, { from: "user" }).catch(fail);

// Every command of `jsrr`, with the words they share.

import { Command } from "commander";
import { cancelCommand } from "./cancel.js";
import { checkCommand } from "./check.js";
import { collectCommand } from "./collect.js";
import { compareCommand } from "./compare.js";
import { deadLettersCommand } from "./dead-letters.js";
import { exitCodeOf, explain } from "./errors.js";
import { listCommand } from "./list.js";
import { requestCommand } from "./request.js";
import { respondCommand } from "./respond.js";
import { scenarioCommand } from "./scenario.js";
import { scenariosCommand } from "./scenarios.js";
import { serverCommand } from "./server.js";
import { setupCommand } from "./setup.js";
import { statusCommand } from "./status.js";
import { asCalled, note, terminal, write } from "./terminal.js";

export function program(version: string): Command {
  const jsrr = new Command("jsrr")
    .description("Durable request-reply on NATS JetStream, and the laboratory that proves it.")
    .version(version)
    .option("--debug", "show stack traces")
    .showHelpAfterError("(--help shows what is possible)")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: (text) => void terminal().stderr.write(text) })
    .addHelpText(
      "after",
      "\nExit codes: 0 done or held, 1 violated or no reply, 2 inconclusive, 3 failed,\n4 bad file or arguments.",
    );
  const commands = [
    scenarioCommand(),
    scenariosCommand(),
    listCommand(),
    checkCommand(),
    compareCommand(),
    serverCommand(),
    setupCommand(),
    respondCommand(),
    requestCommand(),
    collectCommand(),
    statusCommand(),
    deadLettersCommand(),
    cancelCommand(),
  ];
  for (const command of commands) jsrr.addCommand(inheriting(jsrr, command));
  return jsrr;
}

/** With its own commands, so that each of them, too, ends and speaks as its parent does. */
function inheriting(parent: Command, command: Command): Command {
  command.copyInheritedSettings(parent);
  for (const inner of command.commands) inheriting(command, inner);
  return command;
}

// One command line from its words to its exit code: what `jsrr` does, apart from being a process.

interface CommandLine {
  /** Resolves with the exit code, and never rejects: what went wrong is told on stderr. */
  run(): Promise<number>;
  /** Tells an error, and returns its exit code. */
  fail(error: unknown): number;
}

export function commandLine(given: readonly string[], version: string): CommandLine {
  /** What follows `--` is not ours to read. */
  const ours = given.includes("--") ? given.indexOf("--") : given.length;
  const isDebug = (word: string, at: number) => word === "--debug" && at < ours;
  const debug = given.some(isDebug);
  const words = given.filter((word, at) => !isDebug(word, at));

  const fail = (error: unknown) => {
    const text = explain(error, debug);
    if (text) note(asCalled(text));
    return exitCodeOf(error);
  };
  const run = () =>
    program(version)
      .parseAsync(words, { from: "user" })
      .then(() => 0, fail);
  return { run, fail };
}

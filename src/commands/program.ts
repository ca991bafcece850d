// The command line: the table of commands, and how one line of arguments becomes an exit code.

import { Command, CommanderError } from "commander";
import { EndWith, exit, firstOf } from "./exit.js";
import { asCalled, note, terminal, write } from "./terminal.js";

interface CommandEntry {
  /** As the help of `jsrr` shows it; the first word is the name. */
  usage: string;
  summary: string;
  load(): Promise<{ configure(command: Command): Command }>;
}

/** In the order of the help. A module is loaded only when its command is named: together they take half a second. */
const commands: readonly CommandEntry[] = [
  {
    usage: "scenario [options] <name|file>",
    summary: "run a scenario on a real nats-server and judge it",
    load: () => import("./scenario.js"),
  },
  {
    usage: "scenarios [options] [names|files...]",
    summary: "run many scenarios, each on a real server of its own, and show what came of them",
    load: () => import("./scenarios.js"),
  },
  {
    usage: "list [options]",
    summary: "list the scenarios of the kit, each with its question",
    load: () => import("./list.js"),
  },
  {
    usage: "check [options] <folder>",
    summary: "judge a saved history again, without a server",
    load: () => import("./check.js"),
  },
  {
    usage: "compare [options]",
    summary: "run every situation with every reply strategy on real servers, and show what happens",
    load: () => import("./compare.js"),
  },
  {
    usage: "server [options]",
    summary: "run a nats-server with JetStream in the foreground and print its URL",
    load: () => import("./server.js"),
  },
  {
    usage: "setup [options]",
    summary:
      "create the REQUESTS, REPLIES and DEAD_LETTERS streams and the responder's consumer; changes nothing that exists",
    load: () => import("./setup.js"),
  },
  {
    usage: "respond [options]",
    summary: "answer requests from the queue until Ctrl-C",
    load: () => import("./respond.js"),
  },
  {
    usage: "request [options] <order> [payload]",
    summary: "send one order and wait for its reply",
    load: () => import("./request.js"),
  },
  {
    usage: "collect [options] <handle>",
    summary: "collect the stored reply of an earlier request, and its parts where it has some",
    load: () => import("./collect.js"),
  },
  {
    usage: "status [options] <handle>",
    summary:
      "tell where a request is: queued, running, stuck, replied, ended, gone or unknown, and how that is known",
    load: () => import("./status.js"),
  },
  {
    usage: "dead-letters",
    summary: "list and replay requests whose last attempt failed",
    load: () => import("./dead-letters.js"),
  },
  {
    usage: "cancel [options] <handle>",
    summary: "cancel a request; ends with 0 only if no responder ever got it",
    load: () => import("./cancel.js"),
  },
];

const nameOf = ({ usage }: CommandEntry) => usage.split(" ", 1)[0] as string;

interface CommandLine {
  /** Resolves with the exit code, and never rejects: an error is printed on stderr. */
  run(): Promise<number>;
  /** Prints an error. @returns its exit code. */
  fail(error: unknown): Promise<number>;
}

/** One command line from its arguments to its exit code: `jsrr` without the process. */
export function commandLine(line: readonly string[], version: string): CommandLine {
  const end = line.includes("--") ? line.indexOf("--") : line.length;
  const isDebug = (word: string, at: number) => word === "--debug" && at < end; // wherever it stands
  const debug = line.some(isDebug);
  const words = line.filter((word, at) => !isDebug(word, at));

  const fail = async (thrown: unknown) => {
    const error = firstOf(thrown);
    if (error instanceof EndWith) return error.code;
    if (error instanceof CommanderError) return error.exitCode === 0 ? exit.ok : exit.badInput;
    const { exitCodeOf, explain } = await import("./errors.js");
    const text = explain(error, debug);
    if (text) note(asCalled(text));
    return exitCodeOf(error);
  };
  const run = async () => {
    try {
      const jsrr = await program(version, words);
      await jsrr.parseAsync(words, { from: "user" });
      return exit.ok;
    } catch (error) {
      return fail(error);
    }
  };
  return { run, fail };
}

/** Every command by its name and summary; the one that `words` name has its options and its action, too. */
export async function program(version: string, words: readonly string[] = []): Promise<Command> {
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
  const [first, second] = words.filter((word) => !word.startsWith("-"));
  const named = first === "help" ? second : first;
  for (const entry of commands) {
    const command = new Command(nameOf(entry)).description(entry.summary);
    if (command.name() === named) (await entry.load()).configure(command);
    jsrr.addCommand(inheriting(jsrr, command));
  }
  const usages = new Map(commands.map((entry) => [nameOf(entry), entry.usage]));
  return jsrr.configureHelp({ subcommandTerm: (command) => usages.get(command.name()) ?? "help [command]" });
}

/** With its own commands, so that each of them prints and ends as its parent does. */
function inheriting(parent: Command, command: Command): Command {
  command.copyInheritedSettings(parent);
  for (const inner of command.commands) inheriting(command, inner);
  return command;
}

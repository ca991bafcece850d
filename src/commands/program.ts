// The command line: the table of commands, and how one line of arguments becomes an exit code.
import { Command, CommanderError } from "commander";
import { withExamples } from "./examples.js";
import { EndWith, exit, firstOf } from "./exit.js";
import { asCalled, note, sayJson, write } from "./terminal.js";

/** `usage`: as the help of `jsrr` shows it; the first word is the name. */
type CommandRow = [usage: string, summary: string, load: () => Promise<{ configure(command: Command): Command }>];

/** In the order of the help. A module is loaded only when its command is named: together they take half a second. */
const commands: readonly CommandRow[] = [
  [
    "scenario [options] <name|file>",
    "run a scenario on a real nats-server and judge it",
    () => import("./scenario.js"),
  ],
  [
    "scenarios [options] [names|files...]",
    "run many scenarios, each on a real server of its own, and show what came of them",
    () => import("./scenarios.js"),
  ],
  ["list [options]", "list the scenarios of the kit, each with its question", () => import("./list.js")],
  ["check [options] <folder>", "judge a saved history again, without a server", () => import("./check.js")],
  ["open [options] [folder]", "show the report of the last run in the browser", () => import("./open.js")],
  [
    "compare [options]",
    "run every situation with every reply strategy on real servers, and show what happens",
    () => import("./compare.js"),
  ],
  [
    "explore [options] [base]",
    "draw scenarios from a seed, run them, and save each violation as a small scenario file",
    () => import("./runs/explore.js"),
  ],
  [
    "conformance [options]",
    "show which promises of the protocol a responder or a requester of your own keeps",
    () => import("./runs/conformance.js"),
  ],
  [
    "demo [options]",
    "open a live page: order from the browser, kill the responder, the server or the tab, and see what is left",
    () => import("./demo.js"),
  ],
  [
    "server [options]",
    "run a nats-server with JetStream in the foreground and print its URL",
    () => import("./server.js"),
  ],
  [
    "setup [options]",
    "create the REQUESTS, REPLIES and DEAD_LETTERS streams and the responder's consumer; changes nothing that exists",
    () => import("./setup.js"),
  ],
  [
    "teardown [options]",
    "delete the streams of the queue and all they hold, after a question",
    () => import("./teardown.js"),
  ],
  ["respond [options]", "answer requests from the queue until Ctrl-C", () => import("./respond.js")],
  [
    "request [options] <order> [payload]",
    "send one order and wait for its reply",
    () => import("./requests/request.js"),
  ],
  [
    "collect [options] <handle>",
    "collect the stored reply of an earlier request, and its parts where it has some",
    () => import("./requests/collect.js"),
  ],
  [
    "status [options] <handle>",
    "tell where a request is: scheduled, queued, running, stuck, replied, ended, gone or unknown, and how that is known",
    () => import("./requests/status.js"),
  ],
  [
    "replies [options]",
    "list the replies that wait in a mailbox, each with the handle that collects it",
    () => import("./requests/replies.js"),
  ],
  ["dead-letters", "list and replay requests whose last attempt failed", () => import("./dead-letters.js")],
  [
    "cancel [options] <handle>",
    "cancel a request; ends with 0 only if no responder ever got it",
    () => import("./requests/cancel.js"),
  ],
  [
    "completion <shell> [words...]",
    "print a script that completes commands, options and scenario names in bash, zsh or fish",
    () => import("./completion.js"),
  ],
];

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

  const isJson = line.slice(0, end).includes("--json");
  /** A program that reads stdout gets a document in any case; stderr is for people. */
  const failed = (error: unknown, message: string, exitCode: number) => {
    const name = error instanceof Error ? error.name : "Error";
    if (isJson) sayJson({ format: 1, error: { name, message, exitCode } });
    return exitCode;
  };

  // An advised command has to reach the server of this one. A --server is not repeated: its URL may hold a password.
  const context = contextIn(line.slice(0, end));
  const advised = (text: string) =>
    asCalled(context === undefined ? text : text.replaceAll("`jsrr setup", `\`jsrr setup --context ${context}`));

  const fail = async (thrown: unknown) => {
    const error = firstOf(thrown);
    if (error instanceof EndWith) return error.code;
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? exit.ok : failed(error, error.message, exit.badInput);
    const { exitCodeOf, explain } = await import("./errors.js");
    const text = explain(error, debug);
    if (text) note(advised(text));
    return failed(error, advised(explain(error, false)), exitCodeOf(error));
  };
  const run = async () => {
    try {
      const jsrr = await program(version, words);
      const group = groupAlone(jsrr, words);
      if (group) {
        group.outputHelp();
        return exit.ok;
      }
      await jsrr.parseAsync(words, { from: "user" });
      return exit.ok;
    } catch (error) {
      return fail(error);
    }
  };
  return { run, fail };
}

/** The value of `--context`. */
function contextIn(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => word === "--context" || word.startsWith("--context="));
  if (at < 0) return undefined;
  return words[at] === "--context" ? words[at + 1] : words[at]?.slice("--context=".length);
}

/** `jsrr`, or one of its commands that only has commands, when nothing else was typed. */
function groupAlone(jsrr: Command, [word, ...others]: readonly string[]): Command | undefined {
  if (word === undefined) return jsrr;
  const named = jsrr.commands.find((command) => command.name() === word);
  return others.length === 0 && named && named.commands.length > 0 ? named : undefined;
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
    .configureOutput({ writeOut: write, writeErr: (text) => note(text.replace(/\n$/, "")) })
    .addHelpText(
      "after",
      "\nExit codes: 0 done or held, 1 violated or no reply, 2 inconclusive, 3 failed,\n4 bad file or arguments.",
    );
  const [first = "", ...others] = words.filter((word) => !word.startsWith("-"));
  // The words of a completion name the command that they are for.
  const named = ["help", "completion"].includes(first) ? [first, ...others] : [first];
  const usages = new Map<string, string>();
  for (const [usage, summary, load] of commands) {
    const [name = ""] = usage.split(" ", 1);
    const command = new Command(name).description(summary);
    if (named.includes(name)) withExamples((await load()).configure(command), name);
    jsrr.addCommand(inheriting(jsrr, command));
    usages.set(name, usage);
  }
  return jsrr.configureHelp({ subcommandTerm: (command) => usages.get(command.name()) ?? "help [command]" });
}

/** With its own commands, so that each of them prints and ends as its parent does. */
function inheriting(parent: Command, command: Command): Command {
  command.copyInheritedSettings(parent);
  for (const inner of command.commands) inheriting(command, inner);
  return command;
}

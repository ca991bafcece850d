// `jsrr list`: the scenarios that come with the kit, each with its question.

import { Command } from "commander";
import wrapAnsi from "wrap-ansi";
import { findScenarios } from "../scenario/catalogue.js";
import { say, sayJson, width } from "./terminal.js";

export function listCommand(): Command {
  return new Command("list")
    .description("list the scenarios of the kit, each with its question")
    .option("--json", "print them as JSON")
    .action(run);
}

async function run(flags: { json?: boolean }): Promise<void> {
  // Loaded here, because the other commands need not wait for it.
  const { loadScenario } = await import("../scenario/load.js");
  const scenarios = await Promise.all((await findScenarios()).map(({ file }) => loadScenario(file)));
  if (flags.json) {
    sayJson(scenarios.map(({ name, question, answer, file }) => ({ name, question, answer, file })));
    return;
  }
  const column = Math.max(...scenarios.map(({ name }) => name.length)) + 2;
  for (const { name, question } of scenarios) {
    const lines = wrapAnsi(question.trim(), Math.max(20, width() - column)).split("\n");
    say(name.padEnd(column) + lines.join(`\n${" ".repeat(column)}`));
  }
}

// `jsrr list`: the scenarios of the kit, each with its question.
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import wrapAnsi from "wrap-ansi";
import { parse } from "yaml";
import { findScenarios } from "../scenario/catalogue.js";
import { say, sayJson, width } from "./terminal.js";

export const configure = (command: Command): Command => command.option("--json", "print them as JSON").action(run);

async function run(flags: { json?: boolean }): Promise<void> {
  const scenarios = await Promise.all((await findScenarios()).map(({ file }) => summaryOf(file)));
  if (flags.json) {
    sayJson(scenarios);
    return;
  }
  const column = Math.max(...scenarios.map(({ name }) => name.length)) + 2;
  for (const { name, question } of scenarios) {
    const lines = wrapAnsi(question, Math.max(20, width() - column)).split("\n");
    say(name.padEnd(column) + lines.join(`\n${" ".repeat(column)}`));
  }
}

type Summary = Record<"scenario" | "question" | "answer", string>;

/** Without validation, which is slow to load (docs/performance.md): a test validates every scenario of the kit. */
async function summaryOf(file: string) {
  const text = await readFile(file, "utf8");
  const { scenario: name, question, answer } = parse(headOf(text) ?? text) as Summary;
  return { name, question: question.trim(), answer: answer.trim(), file };
}

/** The lines before the first other key: parsing the rest takes most of the time. Undefined if one of the three comes later. */
function headOf(text: string): string | undefined {
  const other = /^(?!(?:scenario|question|answer):)[a-z_]+:/m.exec(text);
  const head = other ? text.slice(0, other.index) : text;
  return ["scenario", "question", "answer"].every((key) => new RegExp(`^${key}:`, "m").test(head)) ? head : undefined;
}

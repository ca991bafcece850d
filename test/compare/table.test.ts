// The comparison as text: 80 columns, a mark where a cell is not what is known of it.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  type ComparedCell,
  type Comparison,
  compareTable,
  expectedCells,
  type LabReplyStrategy,
  labReplyStrategies,
  type Situation,
  situationNames,
  situationScenario,
} from "../internal/compare.js";

const same = (situation: Situation, strategy: LabReplyStrategy): ComparedCell => {
  const expected = expectedCells[situation][strategy];
  const rest = { asExpected: true, unmet: [], checks: {}, history: "/h", durationMs: 1 };
  return { situation, strategy, ...expected, expected, ...rest };
};

function comparison(cells: ComparedCell[]): Comparison {
  return {
    format: 1,
    server: { version: "2.14.0", origin: "cache", url: "nats://x" },
    situations: situationNames.filter((name) => cells.some((cell) => cell.situation === name)),
    strategies: labReplyStrategies.filter((name) => cells.some((cell) => cell.strategy === name)),
    cells,
    asExpected: cells.every((cell) => cell.asExpected),
    durationMs: 1,
  };
}

const whole = situationNames.flatMap((s) => labReplyStrategies.map((strategy) => same(s, strategy)));

test("every line of the whole table fits in 80 columns, and ends with a word", () => {
  const lines = compareTable(comparison(whole)).split("\n");
  expect(lines.filter((line) => line.length > 80 || line !== line.trimEnd())).toEqual([]);
});

test("docs/compare.md has the current table", () => {
  const text = readFileSync(new URL("../../docs/compare.md", import.meta.url), "utf8");
  expect(text).toContain(`\`\`\`\n${compareTable(comparison(whole))}\`\`\``);
});

test("a table of two situations and two strategies has its golden text", () => {
  const cells = (["requester-restarted", "responder-crashed"] as const).flatMap((s) => [
    same(s, "mailbox"),
    same(s, "shared"),
  ]);
  expect(compareTable(comparison(cells))).toBe(`nats-server 2.14.0

          mailbox       shared

requester killed, and started again
  request answered      answered
  effect  once          once
  reply   collected     stored

responder killed after its work, before its ack
  request answered      answered
  effect  once          twice
  reply   received      received ×2
`);
});

test("a cell that differs is marked and explained", () => {
  const wrong = ["lunch ok 🥪: pending"];
  const cell: ComparedCell = {
    ...same("requester-restarted", "inbox"),
    reply: "received",
    asExpected: false,
    unmet: wrong,
  };
  const text = compareTable(comparison([cell, same("requester-restarted", "mailbox")]));
  expect(text).toContain("  reply   received ✘    collected\n");
  expect(text).toContain(`✘ requester-restarted with inbox
    expected answered, executed once, reply lost
    was      answered, executed once, reply received
    unmet    lunch ok 🥪: pending
    history  /h
`);
});

test.each(situationNames)("%s is a scenario with one requester for the strategy", async (name) => {
  const scenario = await situationScenario(name, "shared");
  expect(Object.values(scenario.requesters).map(({ reply }) => reply)).toEqual(["shared"]);
  expect(scenario.name).toBe(`${name}-shared`);
});

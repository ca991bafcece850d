// What a cell of the comparison says of a history: from events alone, whatever the strategy was called.
import { expect, test } from "vitest";
import { type Cell, classify, sameCell } from "../internal/compare.js";
import type { EventBody } from "../internal/history.js";
import {
  acked,
  collected,
  delivered,
  executed,
  history,
  kept,
  late,
  notCollected,
  received,
  refused,
  removed,
  replied,
  repliesRead,
  requested,
  requestsRead,
  sent,
  stored,
  terminated,
  timedOut,
} from "../support/history.js";

const asked = [requested("r"), stored("r")];
const handled = [delivered("r"), executed("r")];
const end = [requestsRead([]), repliesRead()];

const cases: [string, EventBody[], Partial<Cell>][] = [
  ["in time", [...asked, ...handled, sent("r"), received("r"), ...end], { reply: "received", effect: 1, copies: 0 }],
  ["late", [...asked, timedOut("r"), ...handled, sent("r"), late("r"), ...end], { reply: "late" }],
  [
    "late and collected",
    [...asked, ...handled, replied("r"), late("r"), collected("r"), requestsRead([]), repliesRead(kept("r"))],
    { reply: "collected", copies: 1 },
  ],
  [
    "stored, and nobody found it",
    [...asked, ...handled, replied("r"), notCollected("r"), requestsRead([]), repliesRead(kept("r"))],
    { request: "answered", reply: "stored" },
  ],
  ["sent, and nobody heard it", [...asked, ...handled, sent("r"), acked("r"), ...end], { reply: "lost" }],
  [
    "queued",
    [...asked, timedOut("r"), requestsRead(["r"]), repliesRead()],
    { request: "queued", effect: 0, reply: "none" },
  ],
  ["removed", [...asked, removed("r"), timedOut("r"), ...end], { request: "removed", reply: "none" }],
  ["terminated", [...asked, delivered("r"), terminated("r"), ...end], { request: "terminated", effect: 0 }],
  ["vanished", [...asked, ...end], { request: "lost", reply: "none" }],
  ["executed and vanished", [...asked, ...handled, ...end], { request: "lost", effect: 1 }],
  ["never stored", [requested("r"), ...end], { request: "never stored" }],
  [
    "executed twice, the second reply refused",
    [
      ...asked,
      ...handled,
      replied("r"),
      received("r"),
      ...handled,
      refused("r"),
      requestsRead([]),
      repliesRead(kept("r")),
    ],
    { effect: 2, reply: "received", copies: 1 },
  ],
  [
    "executed twice, two replies stored",
    [...asked, ...handled, ...handled, received("r"), requestsRead([]), repliesRead(kept("r"), kept("r", "🥪", 2))],
    { effect: 2, copies: 2 },
  ],
  ["asked twice, answered once", [...asked, received("r"), ...asked, timedOut("r"), ...end], { reply: "1 of 2" }],
  ["asked twice, answered twice", [...asked, received("r"), ...asked, received("r"), ...end], { reply: "2 of 2" }],
];

test.each(cases)("%s", (_, bodies, cell) => {
  expect(classify(history(...bodies))).toMatchObject(cell);
});

test("two cells are equal if all their fields are", () => {
  const cell: Cell = { request: "answered", effect: 1, reply: "received", copies: 1 };
  expect(sameCell(cell, { ...cell })).toBe(true);
  for (const other of [{ request: "queued" }, { effect: 2 }, { reply: "late" }, { copies: 2 }] as Partial<Cell>[])
    expect(sameCell(cell, { ...cell, ...other })).toBe(false);
});

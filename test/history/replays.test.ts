// A replayed request has two statuses, `dead-lettered` and then its real one: what the checks make of that.
import { expect, test } from "vitest";
import { type CheckName, checks } from "../internal/history.js";
import {
  at,
  by,
  collected,
  delivered,
  executed,
  history,
  kept,
  received,
  replied,
  repliesRead,
  requested,
  requestsRead,
  stored,
  type Told,
  terminated,
} from "../support/history.js";

const dead = "dead-lettered" as const;
const told = received("r1", "3 attempts", dead);
const putAside: Told[] = [{ ...replied("r1", "3 attempts"), status: dead }, terminated("r1")];
const replayed: Told = { type: "replayed", request: "r1", deadLetter: 1, stream: "REQUESTS", sequence: 2 };
const begin: Told[] = [requested("r1"), stored("r1"), ...putAside];
const answer = replied("r1", "🥪", 2);
const got = collected("r1", "🥪", 2);
const end: Told[] = [requestsRead([]), repliesRead(kept("r1", "🥪", 2))];
const empty: Told[] = [requestsRead([]), repliesRead()];

const expiring = { ...requested("r1"), expires: true as const };
const ranLate = (sequence: number): Told[] => [
  at(0, expiring),
  at(4000, { ...replayed }),
  by("bob", at(5000, { ...delivered("r1"), sequence })),
  by("bob", at(5100, executed("r1"))),
];

const two: Told[] = [...begin, requested("r2"), stored("r2", 2), { ...replayed, sequence: 3 }];
const ran = (request: string, sequence: number): Told[] => [{ ...delivered(request), sequence }, executed(request)];

const cases: [string, CheckName, "held" | "violated" | "inconclusive", Told[]][] = [
  ["told, replayed and answered", "no-duplicate-replies", "held", [told, replayed, answer, got, ...end]],
  ["the same without a replay", "no-duplicate-replies", "violated", [told, answer, got, ...end]],
  ["two answers", "no-duplicate-replies", "violated", [told, replayed, received("r1"), received("r1")]],
  ["dead after its answer", "no-duplicate-replies", "violated", [received("r1"), replayed, told]],
  ["both stored", "no-duplicate-replies", "violated", [replayed, repliesRead(kept("r1"), kept("r1", "x", 2))]],
  ["told only", "no-duplicate-replies", "held", [told, replayed, ...empty]],
  ["answered", "no-lost-requests", "held", [...begin, told, replayed, answer, ...end]],
  ["queued again", "no-lost-requests", "held", [...begin, replayed, requestsRead(["r1"])]],
  ["gone after its replay", "no-lost-requests", "violated", [...begin, told, replayed, ...empty]],
  ["dead once more", "no-lost-requests", "held", [...begin, replayed, ...putAside, ...empty]],
  ["its answer is there", "no-lost-replies", "held", [...begin, told, replayed, answer, ...end]],
  ["its answer is lost", "no-lost-replies", "violated", [...begin, told, replayed, answer, ...empty]],
  ["its answer arrived", "no-lost-replies", "held", [...begin, replayed, answer, got, ...empty]],
  ["what was taken back is not lost", "no-lost-replies", "held", [...begin, replayed, ...empty]],
  ["no reply, and nothing taken back", "no-lost-replies", "inconclusive", [replayed, ...empty]],
  ["one of two was taken back, and nobody read", "no-lost-replies", "inconclusive", [...begin, replayed, answer]],
  ["its second death is lost", "no-lost-replies", "violated", [...begin, replayed, ...putAside, ...empty]],
  ["a replay has no deadline", "no-late-execution", "held", ranLate(2)],
  ["the original has", "no-late-execution", "violated", ranLate(1)],
  ["a replay is behind what came before it", "order-kept", "held", [...two, ...ran("r2", 2), ...ran("r1", 3)]],
  ["one that overtakes it", "order-kept", "violated", [...two, ...ran("r1", 3), ...ran("r2", 2)]],
  ["an original that was overtaken", "order-kept", "violated", [...two, ...ran("r2", 2), ...ran("r1", 1)]],
];

test.each(cases)("%s: %s %s", (_, check, verdict, events) => {
  expect(checks[check].judge(history(...events)).verdict).toBe(verdict);
});

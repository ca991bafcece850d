import { expect, test } from "vitest";
import { type EventBody, faultsWithoutEffect, verdictOf } from "../internal/history.js";

const history = (...events: EventBody[]) => events.map((event, n) => ({ n, t: n, actor: "lab", ...event }));
const injected = (fault: string) => ({ type: "fault-injected" as const, fault, what: "breaks something" });
const bit = (fault: string) => ({ type: "fault-bit" as const, fault, evidence: "it was seen" });

test("a fault without any effect makes a run that held otherwise inconclusive", () => {
  const toothless = faultsWithoutEffect(history(injected("noop"), injected("cut"), bit("cut")));
  expect(toothless).toEqual(["noop"]);
  const held = { path: "lunch", expected: "ok", actual: "ok", verdict: "held" as const, line: 1 };
  expect(verdictOf({ expectations: [held], checks: [], toothless })).toEqual({
    verdict: "inconclusive",
    reason: "The fault noop had no observable effect: the run proves nothing about it.",
  });
  expect(verdictOf({ expectations: [{ ...held, verdict: "violated" }], checks: [], toothless }).verdict).toBe(
    "violated",
  );
});

test("each injection of a fault needs its own effect", () => {
  const [first, second] = [1, 2].map((id) => ({ ...injected("cut"), id })) as [EventBody, EventBody];
  const bits = [1, 2].map((id) => ({ ...bit("cut"), id })) as [EventBody, EventBody];
  expect(faultsWithoutEffect(history(first, second, bits[0]))).toEqual(["cut (2 of 2)"]);
  expect(faultsWithoutEffect(history(first, second, ...bits))).toEqual([]);
});

test("an older history has only the names of its faults", () => {
  expect(faultsWithoutEffect(history(injected("cut"), injected("cut"), bit("cut")))).toEqual([]);
});

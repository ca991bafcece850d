// The report of a conformance run as text, its badge, and what the headers of replies show.
import { expect, test } from "vitest";
import type { HistoryEvent } from "../../src/history/event.js";
import {
  badge,
  badgeMarkdown,
  type ConformanceReport,
  conformanceExitCode,
  conformanceTable,
  createOnlyReplies,
  headersOfReplies,
  type JudgedPromise,
} from "../internal/conformance.js";

const promise = (name: string, rest: Partial<JudgedPromise>): JudgedPromise => ({
  ...{ promise: name, text: "The responder does it.", page: "protocol.md#a-reply", state: "kept", claimed: true },
  ...{ durationMs: 5, ...rest },
});

const report = (...promises: JudgedPromise[]): ConformanceReport => ({
  ...{ format: 1, role: "responder", promises, durationMs: 1500 },
  counts: {
    kept: promises.filter(({ state }) => state === "kept").length,
    broken: promises.filter(({ state }) => state === "broken").length,
    "not shown": promises.filter(({ state }) => state === "not shown").length,
  },
});

const broken = promise("b", { state: "broken", reason: "It did not.", history: "/h" });
const open = promise("c", { state: "not shown", reason: "Not claimed (--claim c).", claimed: false });

test("the table says of a broken promise why, where it is stated and where its history is", () => {
  expect(conformanceTable(report(promise("a", {}), broken, open))).toBe(
    `Promises of a responder

✔ kept       a
✘ broken     b
             The responder does it.
             It did not.
             docs/protocol.md#a-reply
             jsrr check /h
– not shown  c
             Not claimed (--claim c).

1 kept, 1 broken, 1 not shown in 1.50 s
`,
  );
});

test("a promise that the service makes and that is not shown gives 2, a broken one 1", () => {
  expect(conformanceExitCode(report(promise("a", {}), open))).toBe(0);
  expect(conformanceExitCode(report(promise("a", {}), { ...open, claimed: true }))).toBe(2);
  expect(conformanceExitCode(report({ ...open, claimed: true }, broken))).toBe(1);
});

test("the badge counts what is shown, and is red if a promise is broken", () => {
  expect(badge(report(promise("a", {}), broken, open))).toMatchObject({
    message: "1 of 2 promises kept",
    color: "red",
  });
  expect(badgeMarkdown(report(promise("a", {})))).toBe(
    "![jsrr responder: 1 of 1 promises kept](https://img.shields.io/badge/jsrr%20responder-1%20of%201%20promises%20kept-brightgreen)",
  );
});

const right = { "Request-Id": "7", "Reply-Status": "ok", "Nats-Expected-Last-Subject-Sequence": "0" };

function replied(headers: Record<string, string> | undefined, type: "replied" | "reply-refused" = "replied") {
  const body =
    type === "replied" ? { status: "ok", to: "replies.a.7", payload: "" } : { reason: "wrong last sequence: 1" };
  return [{ n: 1, t: 1, actor: "bob", source: "wire", type, request: "7", headers, ...body }] as HistoryEvent[];
}

test.each([
  [right, "held"],
  [undefined, "violated"],
  [{ ...right, "Request-Id": "8" }, "violated"],
  [{ ...right, "Nats-Expected-Last-Subject-Sequence": "" }, "violated"],
  [{ ...right, "Reply-Status": "error" }, "violated"],
  [{ ...right, "Reply-Status": "error", "Nats-Service-Error": "x", "Nats-Service-Error-Code": "500" }, "held"],
])("the headers %j of a reply are %s", (headers, verdict) => {
  expect(headersOfReplies(replied(headers)).verdict).toBe(verdict);
});

test("without a reply on the link the headers are inconclusive", () => {
  expect(headersOfReplies([]).verdict).toBe("inconclusive");
});

test("a second reply that is not create-only is a violation, although the stream refused it", () => {
  expect(createOnlyReplies(replied(right, "reply-refused")).verdict).toBe("held");
  expect(createOnlyReplies(replied({ "Reply-Status": "ok" }, "reply-refused")).verdict).toBe("violated");
});

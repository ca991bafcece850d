// Many runs: how they are told, and what they say to the shell.
import { expect, test } from "vitest";
import { type TrialOutcome, trialsExitCode, trialsTable } from "../internal/trials.js";

const outcome = (label: string, state: TrialOutcome["state"], durationMs = 1234, reason?: string): TrialOutcome => ({
  label,
  scenario: label,
  state,
  durationMs,
  ...(reason && { reason }),
});

test("each scenario has a line of 80 columns, with the reason if it did not hold", () => {
  const long = "Expected stream.REQUESTS.messages to be 0, but it was 17; it was so 300 ms into the run (line 12).";
  const text = trialsTable(
    [
      outcome("offline-responder", "held"),
      outcome("bit-flip", "violated", 12_345, long),
      outcome("power-failure", "skipped", 3, "power-failure needs root."),
    ],
    80,
  );
  expect(text).toBe(`✔ offline-responder  held           1.2 s
✘ bit-flip           violated      12.3 s
    Expected stream.REQUESTS.messages to be 0, but it was 17; it was so 300 ms
    into the run (line 12).
- power-failure      skipped        0.0 s
    power-failure needs root.

3 runs: 1 held, 1 violated, 1 skipped
`);
});

test("runs of one name have one line, with the median time and the worst verdict", () => {
  const runs = [
    outcome("a", "held", 1000),
    outcome("a", "inconclusive", 9000, "Nobody knows."),
    outcome("a", "held", 2000),
  ];
  expect(trialsTable(runs, 80)).toContain("? a  inconclusive   2.0 s  2 of 3\n    Nobody knows.");
});

test.each<[TrialOutcome["state"][], number]>([
  [["held", "held"], 0],
  [["held", "skipped"], 0],
  [["held", "violated", "inconclusive"], 1],
  [["held", "inconclusive"], 2],
  [["skipped"], 2],
  [[], 2],
  [["violated", "failed"], 3],
])("%j: exit %i", (states, code) => {
  expect(trialsExitCode(states.map((state) => outcome("x", state)))).toBe(code);
});

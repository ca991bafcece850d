// Validation of the timeline: every name that a step uses has to exist at that step.
import { checkAnchor } from "./anchor.js";
import { type Path, pathText, type Report } from "./diagnostic.js";
import type { PartialScenario } from "./partial-scenario.js";
import { type StepFile, type StepKind, stepDefinition, stepKinds } from "./schema.js";
import { validateExpectations } from "./steps/expect.js";
import { initialState, type TimelineState } from "./timeline-state.js";

export function validateTimeline(parts: PartialScenario, report: Report): void {
  const aliases = new Set(parts.steps.flatMap(({ aliases }) => aliases));
  const validateSteps = (steps: readonly unknown[], path: Path) =>
    steps.forEach((step, i) => {
      validateStep(step as StepFile, [...path, i], state);
    });
  const state: TimelineState = initialState({ parts, aliases, report: once(report), validateSteps });
  parts.steps.forEach(({ step, aliases, affectsActors }, i) => {
    const path = ["timeline", i];
    if (step && validateStep(step, path, state)) return;
    // The effect of a step with a mistake is unknown.
    if (affectsActors) for (const known of [state.online, state.paused, state.frozen]) known.clear();
    for (const alias of aliases) if (!state.sent.has(alias)) state.sent.set(alias, { step: path });
  });
  if (parts.thresholds) validateExpectations(parts.thresholds, ["thresholds"], state);
}

/** A step that is validated twice (`repeat`) reports each of its mistakes once. */
function once(report: Report): Report {
  const said = new Set<string>();
  return (path, message, extra) => {
    if (said.size < said.add(`${pathText(path)} ${message}`).size) report(path, message, extra);
  };
}

/** False if the step has no kind, or several. */
function validateStep(step: StepFile, path: Path, state: TimelineState): boolean {
  const name = onlyKind(step, path, state.report);
  if (name === undefined) return false;
  if (step.after !== undefined) checkAnchor(step.after, [...path, "after"], state);
  checkTiming(step, name, path, state);
  stepDefinition(name).validate(step[name], [...path, name], state);
  return true;
}

/** The one thing that the step does. */
function onlyKind(step: StepFile, path: Path, report: Report): StepKind | undefined {
  const found = stepKinds.filter((kind) => step[kind] !== undefined);
  if (found.length === 1) return found[0];
  const where = `\`${pathText(path)}\``;
  if (found.length === 0) report(path, `Expected ${where} to do something: one of ${stepKinds.join(", ")}`);
  else
    report([...path, found[1] as StepKind], `Expected ${where} to do one thing, got ${found.join(" and ")}`, {
      at: "key",
      hint: "write two steps",
    });
  return undefined;
}

function checkTiming(step: StepFile, kind: StepKind, path: Path, state: TimelineState): void {
  if (step.at !== undefined && step.after !== undefined)
    state.report([...path, "at"], "Expected `at` or `after`, got both: an event comes when it comes", { at: "key" });
  if (step.at_latest !== undefined && step.after === undefined)
    state.report([...path, "at_latest"], "Expected `at_latest` only next to `after`: it is the longest wait for it", {
      at: "key",
      hint: "a step at a time of its own has `at`",
    });
  if (step.at_latest !== undefined && step.within !== undefined && !stepDefinition(kind).waits)
    state.report(
      [...path, "within"],
      "Expected `within` or `at_latest`, got both: each is the longest wait for `after`",
      { at: "key" },
    );
  if (step.within === undefined || step.after !== undefined || stepDefinition(kind).waits) return;
  const hint = kind === "expect" ? 'did you mean "eventually" instead of "expect"?' : undefined;
  state.report([...path, "within"], "Expected `within` only next to `after` or `eventually`: nothing else waits", {
    at: "key",
    hint,
  });
}

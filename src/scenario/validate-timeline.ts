// Walks a timeline before anything runs: every name it uses has to mean something, at that very step.
import { checkAnchor } from "./anchor.js";
import { type Path, pathText, type Report } from "./diagnostic.js";
import type { Draft } from "./draft.js";
import { type StepFile, type VerbName, verbNames, verbOf } from "./schema.js";
import { walkExpectations } from "./steps/expect.js";
import { type World, worldOf } from "./timeline-state.js";

export function walkTimeline(draft: Draft, report: Report): void {
  const aliases = new Set(draft.steps.flatMap(({ aliases }) => aliases));
  const walkSteps = (steps: readonly unknown[], path: Path) =>
    steps.forEach((step, i) => {
      walkWhole(step as StepFile, [...path, i], world);
    });
  const world: World = worldOf(draft, aliases, once(report), walkSteps);
  draft.steps.forEach(({ step, aliases, moves }, i) => {
    const path = ["timeline", i];
    if (step && walkWhole(step, path, world)) return;
    // What the step was to do is not known, so nothing is claimed about who runs after it.
    if (moves) for (const known of [world.online, world.paused, world.frozen]) known.clear();
    for (const alias of aliases)
      if (!world.sent.has(alias)) world.sent.set(alias, { step: path, from: undefined });
  });
  if (draft.thresholds) walkExpectations(draft.thresholds, ["thresholds"], world);
}

/** A step that is walked twice (`repeat`) reports each of its mistakes once. */
function once(report: Report): Report {
  const said = new Set<string>();
  return (path, message, extra) => {
    if (said.size < said.add(`${pathText(path)} ${message}`).size) report(path, message, extra);
  };
}

/** False where it cannot be told what the step is to do. */
function walkWhole(step: StepFile, path: Path, world: World): boolean {
  const name = onlyVerb(step, path, world.report);
  if (name === undefined) return false;
  if (step.after !== undefined) checkAnchor(step.after, [...path, "after"], world);
  checkTiming(step, name, path, world);
  verbOf(name).walk(step[name], [...path, name], world);
  return true;
}

/** The one thing that the step does. */
function onlyVerb(step: StepFile, path: Path, report: Report): VerbName | undefined {
  const found = verbNames.filter((verb) => step[verb] !== undefined);
  if (found.length === 1) return found[0];
  const where = `\`${pathText(path)}\``;
  if (found.length === 0) report(path, `Expected ${where} to do something: one of ${verbNames.join(", ")}`);
  else
    report([...path, found[1] as VerbName], `Expected ${where} to do one thing, got ${found.join(" and ")}`, {
      at: "key",
      hint: "write two steps",
    });
  return undefined;
}

function checkTiming(step: StepFile, verb: VerbName, path: Path, world: World): void {
  if (step.at !== undefined && step.after !== undefined)
    world.report([...path, "at"], "Expected `at` or `after`, got both: an event comes when it comes", {
      at: "key",
    });
  if (step.within === undefined || step.after !== undefined || verbOf(verb).waits) return;
  const hint = verb === "expect" ? 'did you mean "eventually" instead of "expect"?' : undefined;
  world.report(
    [...path, "within"],
    "Expected `within` only next to `after` or `eventually`: nothing else waits",
    { at: "key", hint },
  );
}

// Walks a timeline before anything runs: every name it uses has to mean something, at that very step.
import { checkAnchor } from "./anchor.js";
import { actorNames, type Draft } from "./draft.js";
import { checkExpectation } from "./expectation.js";
import { type Path, pathText, quoted, type Report } from "./finding.js";
import { type RequestFile, type StepFile, type Verb, verbs } from "./schema-step.js";
import { requireActor, requireRequester, requireSent, strategyOf, type World, worldOf } from "./world.js";

export function walkTimeline(draft: Draft, report: Report): void {
  const world = worldOf(draft, report);
  draft.steps.forEach(({ step, alias, moves }, i) => {
    const verb = step && onlyVerb(step, ["timeline", i], report);
    if (step && verb) walkStep(step, verb, i, world);
    else {
      // What the step was to do is not known, so nothing is claimed about who runs after it.
      if (moves) world.online.clear();
      if (alias !== undefined && !world.sent.has(alias)) world.sent.set(alias, { step: i, from: undefined });
    }
  });
}

/** The one thing that the step does. */
export function onlyVerb(step: StepFile, path: Path, report: Report): Verb | undefined {
  const found = verbs.filter((verb) => step[verb] !== undefined);
  if (found.length === 1) return found[0];
  const where = `\`${pathText(path)}\``;
  if (found.length === 0) report(path, `Expected ${where} to do something: one of ${verbs.join(", ")}`);
  else
    report([...path, found[1] as Verb], `Expected ${where} to do one thing, got ${found.join(" and ")}`, {
      at: "key",
      hint: "write two steps",
    });
  return undefined;
}

function walkStep(step: StepFile, verb: Verb, i: number, world: World): void {
  const path = ["timeline", i];
  if (step.after !== undefined) checkAnchor(step.after, [...path, "after"], world);
  checkWithin(step, verb, path, world);
  if (step.request) walkRequest(step.request, i, world);
  const expectations = step.expect ?? step.eventually ?? {};
  for (const [key, value] of Object.entries(expectations))
    checkExpectation([...path, verb, key], value, world);
  if (verb === "start" || verb === "stop" || verb === "crash") walkActor(verb, step[verb] ?? "", path, world);
  if (step.collect !== undefined) walkCollect(step.collect, [...path, "collect"], world);
  if (step.cancel !== undefined) walkCancel(step.cancel, [...path, "cancel"], world);
}

function checkWithin(step: StepFile, verb: Verb, path: Path, world: World): void {
  if (step.within === undefined || step.after !== undefined || verb === "eventually") return;
  const hint = verb === "expect" ? 'did you mean "eventually" instead of "expect"?' : undefined;
  world.report(
    [...path, "within"],
    "Expected `within` only next to `after` or `eventually`: nothing else waits",
    { at: "key", hint },
  );
}

function walkRequest(request: RequestFile, i: number, world: World): void {
  const path = ["timeline", i, "request"];
  requireRequester(world, [...path, "from"], request.from);
  checkTarget(request, path, world);
  if (request.id !== undefined && strategyOf(world, request.from) === "core")
    world.report([...path, "id"], "Expected no `id`: a core request (`reply: core`) has none", { at: "key" });
  ownName(request.as, [...path, "as"], world);
  if (request.id !== undefined && strategyOf(world, request.from) === "core")
    world.report([...path, "id"], "Expected no id: a core request has none, and is never known again", {
      at: "key",
    });
  if (!world.sent.has(request.as)) world.sent.set(request.as, { step: i, from: request.from });
}

function ownName(alias: string, path: Path, world: World): void {
  const earlier = world.sent.get(alias);
  const actor = actorNames(world.draft).includes(alias) ? "an actor has it" : undefined;
  const owner = earlier ? `\`timeline[${earlier.step}]\` has it` : actor;
  if (owner) world.report(path, `Expected a name of its own for the request, got ${quoted(alias)}: ${owner}`);
}

/** An order goes through the streams, a subject to whoever listens. */
function checkTarget({ from, order, subject }: RequestFile, path: Path, world: World): void {
  const where = `\`${pathText(path)}\``;
  const strategy = strategyOf(world, from);
  if (order !== undefined && subject !== undefined)
    world.report([...path, "subject"], `Expected ${where} to have an order or a subject, got both`, {
      at: "key",
    });
  else if (order === undefined && subject === undefined)
    world.report(path, `Expected ${where} to have an order (or, for \`reply: core\`, a subject)`);
  else if (strategy === undefined || strategy === "core") return;
  else if (subject !== undefined)
    world.report(
      [...path, "subject"],
      `Expected an \`order\`, got a subject: only a requester with \`reply: core\` can use one`,
      { at: "key", hint: `${from} has \`reply: ${strategy}\`` },
    );
  else if (world.draft.setup === "none")
    world.report(
      [...path, "order"],
      `Expected streams for \`reply: ${strategy}\`, but the file says \`setup: none\``,
    );
}

function walkActor(verb: "start" | "stop" | "crash", actor: string, path: Path, world: World): void {
  const at = [...path, verb];
  if (!requireActor(world, at, actor)) return;
  const online = world.online.get(actor);
  const starts = verb === "start";
  if (online === true && starts)
    world.report(at, `Expected ${quoted(actor)} not to be running yet: it is`, {
      hint: "an actor runs from the beginning unless it says `online: false`",
    });
  if (online === false && !starts)
    world.report(at, `Expected ${quoted(actor)} to be running at this step: it is not`);
  // One with a crash point may be gone at any moment.
  if (starts && world.draft.responders.get(actor)?.crash) world.online.delete(actor);
  else world.online.set(actor, starts);
}

function walkCancel(alias: string, path: Path, world: World): void {
  if (!requireSent(world, path, alias)) return;
  const from = world.sent.get(alias)?.from;
  if (strategyOf(world, from) === "core")
    world.report(path, `Expected a request that is stored, got ${quoted(alias)}: it has \`reply: core\``);
  else if (from !== undefined && world.draft.requesters.has(from)) requireRequester(world, path, from);
}

function walkCollect(collect: NonNullable<StepFile["collect"]>, path: Path, world: World): void {
  const short = typeof collect === "string";
  const alias = short ? collect : collect.request;
  const at = short ? path : [...path, "request"];
  if (!requireSent(world, at, alias)) return;
  const from = world.sent.get(alias)?.from;
  if (strategyOf(world, from) === "core")
    world.report(
      at,
      `Expected a request whose reply can be looked for, got ${quoted(alias)}: \`reply: core\` stores nothing`,
    );
  const by = (short ? undefined : collect.by) ?? from;
  if (by === undefined) return;
  const named = !short && collect.by !== undefined;
  if (named || world.draft.requesters.has(by)) requireRequester(world, named ? [...path, "by"] : at, by);
  if (named && strategyOf(world, by) === "core")
    world.report(
      [...path, "by"],
      `Expected a requester that can look for replies, got ${quoted(by)}: it has \`reply: core\``,
    );
}

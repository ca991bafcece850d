// `pause` and `resume`: a responder rests for a while, as its own `pause()` has it. Its process goes on: the fault
// `pause-actor` is the one that freezes it.
import { type Path, quoted } from "../finding.js";
import { name } from "../words.js";
import { requireKitResponder, type World } from "../world.js";
import { defineVerb } from "./verb.js";

export const pause = rest(
  "pause",
  "A responder asks for no more requests: it finishes what it has begun, and gives the rest back for others. The next step " +
    "does not wait for that: `after: bob.paused`. Its process lives on, unlike under the fault `pause-actor`, which " +
    "freezes it in the middle of its work.",
);
export const resume = rest(
  "resume",
  "A responder that was told to pause takes requests again, also where it is not done with what it had. (What " +
    "`pause-actor` froze goes on by `heal: pause-actor`.)",
);

function rest(kind: "pause" | "resume", does: string) {
  return defineVerb({
    schema: name.describe(does),
    moves: true,
    walk: (actor, path, world) => walkRest(kind === "pause", actor, path, world),
    build: (actor) => ({ kind, actor }),
  });
}

function walkRest(pauses: boolean, actor: string, path: Path, world: World): void {
  if (!requireKitResponder(world, path, actor)) return;
  const paused = world.paused.get(actor);
  if (paused === true && pauses)
    world.report(path, `Expected ${quoted(actor)} not to be paused yet: it is`, {
      hint: `\`resume: ${actor}\` comes first`,
    });
  if (paused === false && !pauses)
    world.report(path, `Expected ${quoted(actor)} to be paused at this step: it is not`, {
      hint: `\`pause: ${actor}\` comes first; what the fault pause-actor froze goes on by \`heal: pause-actor\``,
    });
  world.paused.set(actor, pauses);
}

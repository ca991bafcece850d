// `start`, `stop` and `crash`: an actor comes or goes.

import { z } from "zod";
import { type Path, quoted } from "../diagnostic.js";
import { name } from "../fields.js";
import { requireActor, requireKitResponder, type World } from "../timeline-state.js";
import { defineVerb } from "./step.js";

export const start = move("start", "Starts a requester, responder or service that is not running.");
export const stop = move("stop", "Stops an actor properly: it finishes what it has begun.");
export const crash = move("crash", "Kills an actor's process on the spot (SIGKILL).");

function move(kind: "start" | "stop" | "crash", does: string) {
  return defineVerb({
    schema: name.describe(does),
    moves: true,
    walk: (actor, path, world) => walkMove(kind === "start", actor, path, world),
    build: (actor) => ({ kind, actor }),
  });
}

function walkMove(starts: boolean, actor: string, path: Path, world: World): void {
  if (!requireActor(world, path, actor)) return;
  const online = world.online.get(actor);
  if (online === true && starts)
    world.report(path, `Expected ${quoted(actor)} not to be running yet: it is`, {
      hint: "an actor runs from the beginning unless it says `online: false`",
    });
  if (online === false && !starts)
    world.report(path, `Expected ${quoted(actor)} to be running at this step: it is not`);
  world.paused.set(actor, false);
  world.frozen.delete(actor);
  // One with a crash point may be gone at any moment.
  if (starts && world.draft.responders.get(actor)?.crash) world.online.delete(actor);
  else world.online.set(actor, starts);
}

// `pause` and `resume`: a responder rests for a while, as its own `pause()` has it. Its process goes on: the fault
// `pause-actor` is the one that freezes it.

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

// `restart`: the server goes and comes back.

export const restart = defineVerb({
  schema: z
    .literal("server", 'the word "server"')
    .describe("Kills the server (SIGKILL) and starts it again on its port and store."),
  walk: () => {},
  build: (what) => ({ kind: "restart", what }),
});

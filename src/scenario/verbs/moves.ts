// `start`, `stop` and `crash`: an actor comes or goes.
import { type Path, quoted } from "../finding.js";
import { name } from "../words.js";
import { requireActor, type World } from "../world.js";
import { defineVerb } from "./verb.js";

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

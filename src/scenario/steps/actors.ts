// Steps `start`, `stop`, `crash`, `pause`, `resume` and `restart`: start, end or pause an actor or the server.
import { z } from "zod";
import { quoted } from "../diagnostic.js";
import { name } from "../fields.js";
import { requireActor, requireKitResponder } from "../timeline-state.js";
import { defineStep } from "./step.js";

export const start = startOrEnd("start", "Starts a requester, responder or service.");
export const stop = startOrEnd("stop", "Stops an actor (SIGTERM). Running handlers finish.");
export const crash = startOrEnd("crash", "Kills an actor's process (SIGKILL).");

function startOrEnd(kind: "start" | "stop" | "crash", does: string) {
  const starts = kind === "start";
  return defineStep({
    schema: name.describe(does),
    affectsActors: true,
    validate(actor, path, state) {
      if (!requireActor(state, path, actor)) return;
      const online = state.online.get(actor);
      if (online === true && starts)
        state.report(path, `Expected ${quoted(actor)} not to be running yet: it is`, {
          hint: "an actor runs from the beginning unless it says `online: false`",
        });
      if (online === false && !starts)
        state.report(path, `Expected ${quoted(actor)} to be running at this step: it is not`);
      state.paused.set(actor, false);
      state.frozen.delete(actor);
      // An actor with a crash point can end at any moment.
      if (starts && state.parts.responders.get(actor)?.crash) state.online.delete(actor);
      else state.online.set(actor, starts);
    },
    build: (actor) => ({ kind, actor }),
  });
}

// `pause` and `resume`: the responder's own `pause()`. Its process runs on, unlike under the fault `pause-actor`.

export const pause = pauseOrResume(
  "pause",
  "Pauses a responder: it stops pulling, running handlers finish, and the other requests are nak'ed. The next step " +
    "does not wait for it: use `after: bob.paused`. The fault `pause-actor` is different: it freezes the process.",
);
export const resume = pauseOrResume(
  "resume",
  "Resumes a paused responder: it pulls again, even if its handlers have not finished. (`heal: pause-actor` " +
    "continues a frozen process.)",
);

function pauseOrResume(kind: "pause" | "resume", does: string) {
  const pauses = kind === "pause";
  return defineStep({
    schema: name.describe(does),
    affectsActors: true,
    validate(actor, path, state) {
      if (!requireKitResponder(state, path, actor)) return;
      const paused = state.paused.get(actor);
      if (paused === true && pauses)
        state.report(path, `Expected ${quoted(actor)} not to be paused yet: it is`, {
          hint: `\`resume: ${actor}\` comes first`,
        });
      if (paused === false && !pauses)
        state.report(path, `Expected ${quoted(actor)} to be paused at this step: it is not`, {
          hint: `\`pause: ${actor}\` comes first; what the fault pause-actor froze goes on by \`heal: pause-actor\``,
        });
      state.paused.set(actor, pauses);
    },
    build: (actor) => ({ kind, actor }),
  });
}

// `restart`

export const restart = defineStep({
  schema: z
    .literal("server", 'the word "server"')
    .describe("Kills the server (SIGKILL) and starts it again on its port and store."),
  validate: () => {},
  build: (what) => ({ kind: "restart", what }),
});

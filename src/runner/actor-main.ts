// The process of one actor: it runs the actor's role until SIGTERM, or until the channel to the runner closes.
import { pathToFileURL } from "node:url";
import type { NatsConnection } from "@nats-io/nats-core";
import { openConnection } from "../connection/connect.js";
import { watchConnection } from "../connection/watch.js";
import type { EventBody } from "../history/event.js";
import { openRecorder } from "../history/recorder.js";
import type { ActorProgram, ActorSpec, ActorStep, FromActor, RunningRole, ToActor } from "./actor-protocol.js";
import { runRequester } from "./actors/requester.js";
import { runResponder } from "./actors/responder.js";
import { runService } from "./actors/service.js";

const tell = (message: FromActor) => void process.send?.(message);

/** Says once for all events of a turn of the event loop that there are more: a load records thousands a second. */
function announcer(): () => void {
  let due = false;
  return () => {
    if (due) return;
    due = true;
    setImmediate(() => {
      due = false;
      tell({ say: "events" });
    });
  };
}

async function startRole(
  spec: ActorSpec,
  nc: NatsConnection,
  observe: (event: EventBody) => void,
): Promise<RunningRole> {
  if (spec.program) return ((await import(pathToFileURL(spec.program).href)) as ActorProgram).run(nc, spec, observe);
  switch (spec.role) {
    case "requester":
      return runRequester(nc, spec.name, spec.settings, observe);
    case "responder":
      return runResponder(nc, spec.name, spec.settings, observe);
    case "service":
      return runService(nc, spec.settings);
  }
}

async function live(start: number, spec: ActorSpec): Promise<void> {
  const recorder = openRecorder(spec.file, spec.name, announcer());
  const nc = await openConnection({ ...spec.connection, name: spec.name });
  const role = await startRole(spec, nc, (event) => recorder.record(event));
  role.failed?.catch(die);
  watchConnection(nc, {
    disconnected: (server) => recorder.record({ type: "disconnected", server }),
    reconnected: () => recorder.record({ type: "reconnected" }),
  });
  process.on("message", ({ call, step }: Extract<ToActor, { step: ActorStep }>) => {
    const performed = role.runStep?.(step) ?? Promise.reject(new Error(`a ${spec.role} takes no commands`));
    performed.then(
      () => tell({ say: "done", call }),
      (error: Error) => tell({ say: "refused", call, error: error.message }),
    );
  });
  process.once("SIGTERM", () => {
    const leave = async () => {
      await role.stop();
      await nc.close();
      recorder.close();
      process.exit(0);
    };
    leave().catch(die);
  });
  tell({ say: "done", call: start });
}

function die(error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  if (!process.send) process.exit(1);
  process.send({ say: "fatal", error: text } satisfies FromActor, () => process.exit(1));
}

process.once("disconnect", () => process.exit(1));
process.on("uncaughtException", die);
process.on("SIGINT", () => {}); // Ctrl-C reaches the whole group; the runner decides who ends, and when
process.once("message", ({ call, spec }: Extract<ToActor, { spec: ActorSpec }>) => void live(call, spec).catch(die));

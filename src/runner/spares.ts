// Processes that have loaded everything an actor needs and wait to be told who they are: loading takes longer than all
// the rest of starting, and so it happens while the server starts and the first steps are played.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Scenario } from "../scenario/model.js";

/** The compiled entry, from src/ (tests) as well as from dist/. */
const entry = fileURLToPath(new URL("../../dist/runner/actor-main.js", import.meta.url));
/** More would only compete with each other for the processor. */
const most = 4;

export class Spares implements AsyncDisposable {
  readonly #onSpawn: (pid: number) => void;
  readonly #waiting: ChildProcess[] = [];

  constructor(count: number, onSpawn: (pid: number) => void) {
    this.#onSpawn = onSpawn;
    for (let n = 0; n < Math.min(count, most); n++) this.#waiting.push(this.#spawn());
  }

  /** A process that takes its role as its first message. */
  take(): ChildProcess {
    const spare = this.#waiting.shift();
    return spare?.connected ? spare : this.#spawn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#waiting.splice(0).map(end));
  }

  #spawn(): ChildProcess {
    const child = fork(entry, [], { stdio: ["ignore", "ignore", "inherit", "ipc"], serialization: "json" });
    this.#onSpawn(child.pid as number);
    return child;
  }
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}

/** How many processes a scenario will start, as far as its timeline says. */
export function actorsOf({ requesters, responders, services, timeline }: Scenario): number {
  const online = Object.values({ ...requesters, ...responders, ...services }).filter((actor) => actor.online);
  return online.length + timeline.filter((step) => step.kind === "start").length;
}

// External actors: what the caller of a run binds to the names of actors with `kind: external`, and the link of each.
import { didYouMean } from "../common/did-you-mean.js";
import type { EventBody, HistoryEvent } from "../history/event.js";
import { openRecorder } from "../history/recorder.js";
import { InvalidInputError } from "../protocol/errors.js";
import { queueNames } from "../protocol/queue-names.js";
import type { Scenario, WireCrashPoint } from "../scenario/model.js";
import type { ActorProcess, Exit } from "./actor-process.js";
import type { Environment } from "./environment.js";
import { type ExternalCommand, ExternalProcess } from "./external-process.js";
import { historyFile, outputFile, ownFile } from "./history-folder.js";
import type { LinkCredentials } from "./link-login.js";
import { externalActors } from "./managed-servers.js";
import { OwnEvents } from "./own-events.js";
import { WireEvents } from "./wire-events.js";

/** Code in the process of the run. It can be stopped, and neither killed nor frozen. */
export interface AttachedActor {
  /** Connects to `url` and resolves, when it is ready, with what ends it. */
  attach(link: { url: string }): Promise<() => Promise<void> | void>;
}

/** What runs in the place of an actor with `kind: external`: a process, or code in this process. */
export type ExternalActor = ExternalCommand | AttachedActor;

/** @throws InvalidInputError if an external actor has nothing that runs in its place, or a name has something that needs none. */
export function requireExternalActors(scenario: Scenario, actors: Readonly<Record<string, ExternalActor>> = {}): void {
  const external = externalActors(scenario);
  for (const name of Object.keys(actors)) {
    if (external.includes(name)) continue;
    const hint = didYouMean(name, external, "external actors") ?? "it has no actor with `kind: external`";
    throw new InvalidInputError(`${scenario.name} has no external actor ${name}; ${hint.replace(/\?$/, "")}.`);
  }
  for (const name of external) {
    if (Object.hasOwn(actors, name)) continue;
    throw new InvalidInputError(
      `${scenario.name}: ${name} is external, and no process is bound to it. Bind one with --actor ${name}='command argument', or in a test with { actors: { ${name}: { command: ["command", "argument"] } } }.`,
    );
  }
}

interface StartOptions {
  role: "requester" | "responder";
  environment: Environment;
  historyFolder: string;
  crash: WireCrashPoint | undefined;
  queue: string | undefined;
  /** Records a process group that the run has to end. */
  adopt(pid: number, what: "group"): void;
  /** Called before its first event. */
  onStart(pid: number): void;
  onEvent(event: HistoryEvent): void;
  onCrashPoint(): void;
  /** A line of its own file is no event. */
  onBrokenRecord(at: string, reason: string): void;
  /** A requester has ended by itself: it had nothing more to send. */
  onEnded(exit: Exit): void;
  onFailure(error: Error): void;
}

/** Starts it on its own link, whose operations become its events. @throws one sentence if it cannot be started. */
export async function startExternalActor(
  name: string,
  actor: ExternalActor,
  { role, environment, historyFolder, crash, queue, onEvent, ...on }: StartOptions,
): Promise<ActorProcess> {
  const links = environment.own?.links.get(name) ?? [];
  const recorder = openRecorder(historyFile(historyFolder, name), name, onEvent, "wire");
  const effects = new Effects();
  let running: ExternalProcess | undefined;
  const wire = new WireEvents({
    ...{ crash, names: queueNames({ queue }), credentials: credentialsOf(environment) },
    record: (event) =>
      void recorder.record(
        event.type === "executed" && effects.isShown("wire", event.request) ? reported(event) : event,
      ),
    kill: () => running?.killAtCrashPoint(),
    onUnreadable: () =>
      on.onFailure(
        new Error(`The link of ${name} cannot read its connection: it is encrypted. Connect to NATS_URL without TLS.`),
      ),
  });
  for (const link of links) link.reader = wire;
  const url = links.map(({ url }) => url).join(",");
  if ("attach" in actor) {
    on.onStart(process.pid);
    return attach(name, actor, url, async () => {
      await wire.ended();
      recorder.close();
    });
  }
  const own = openRecorder(historyFile(historyFolder, `${name}-own`), name, onEvent);
  const file = ownFile(historyFolder, name);
  const ownEvents = new OwnEvents({
    file,
    record: (event, t) => void own.record(event, { t }),
    isShown: (request) => effects.isShown("own", request),
    onBroken: on.onBrokenRecord,
  });
  running = await ExternalProcess.start({
    ...actor,
    ...{ name, url, ownFile: file },
    onSpawn: (pid) => {
      on.adopt(pid, "group");
      on.onStart(pid);
    },
    outputFile: outputFile(historyFolder, name),
    readyOnLink:
      role === "responder"
        ? { seen: wire.firstPull, missing: "it made no pull request on NATS_URL" }
        : { seen: wire.firstConnection, missing: "it did not connect to NATS_URL" },
    watcher: {
      ...{ onEnding: () => wire.ending(), onCrashPoint: on.onCrashPoint, onFailure: on.onFailure },
      onExit: async ({ signal }) => {
        await wire.ended();
        ownEvents.end(signal === "SIGKILL");
        for (const one of [recorder, own]) one.close();
      },
      onEnded: role === "requester" ? on.onEnded : undefined,
    },
  }).catch((error: unknown) => {
    ownEvents.end(true); // a program that is not there has no exit
    throw error;
  });
  return running;
}

/** An effect of a request that two sources show is one: the source that shows it first has it. */
class Effects {
  readonly #shown = new Map<string, { wire: number; own: number }>();

  /** Call it once for each effect. Whether the other source has shown it already. */
  isShown(source: "wire" | "own", request: string): boolean {
    const shown = this.#shown.get(request) ?? { wire: 0, own: 0 };
    this.#shown.set(request, shown);
    shown[source]++;
    return shown[source] <= shown[source === "wire" ? "own" : "wire"];
  }
}

const reported = ({ type, request, delivery }: Extract<EventBody, { type: "executed" }>): EventBody => ({
  ...{ type: "reported", request, delivery },
  event: type,
});

function credentialsOf({ connection }: Environment): LinkCredentials | undefined {
  const { user, password } = connection as Partial<LinkCredentials>;
  return user === undefined || password === undefined ? undefined : { user, password };
}

async function attach(
  name: string,
  { attach }: AttachedActor,
  url: string,
  close: () => Promise<void>,
): Promise<ActorProcess> {
  const end = await attach({ url });
  const cannot = (what: string) =>
    new Error(`${name} runs in this process, which cannot be ${what}: give it a command.`);
  return {
    ...{ name, pid: process.pid },
    runStep: () => Promise.reject(new Error(`${name} is external: it takes no steps of a scenario.`)),
    async stop(): Promise<Exit> {
      await end();
      await close();
      return { code: 0, signal: null };
    },
    async crash(): Promise<Exit> {
      await end();
      await close();
      throw cannot("killed");
    },
    pause: () => Promise.reject(cannot("frozen")),
    signal: () => {},
  };
}

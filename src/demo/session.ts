// Demo session: the server, the responders' processes and the history behind the page. It carries out each click as a step.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { acquiring, type Releases } from "../common/release.js";
import type { EventBody, HistoryEvent } from "../history/event.js";
import { merge } from "../history/read.js";
import { openRecorder, type Recorder } from "../history/recorder.js";
import type { Run } from "../history/result.js";
import { ofType } from "../history/select.js";
import type { Environment } from "../runner/environment.js";
import { createHistoryFolder, defaultHistoryRoot, historyFile, scenarioCopy } from "../runner/history-folder.js";
import { RunContext } from "../runner/run-context.js";
import { resultOf } from "../runner/run-result.js";
import { parseScenario } from "../scenario/load.js";
import type { Scenario } from "../scenario/model.js";
import { sweepRunFolders } from "../server/index.js";
import { type Click, hasTimedOut, type Outcomes, type RecordedClick, scenarioText } from "./clicks.js";
import { type DemoServerOptions, demoStreams, openDemoServer } from "./demo-server.js";
import { type Depths, type PageConnection, requesters, timeoutMs } from "./messages.js";
import { repeatableTimeouts } from "./time-outs.js";

export interface SessionOptions extends DemoServerOptions {
  onEvent?: (event: HistoryEvent) => void;
}

export class DemoSession implements AsyncDisposable {
  readonly connection: PageConnection;
  readonly events: readonly HistoryEvent[];
  readonly folder: string;
  /** The server runs without the demo, and so do its responders. */
  readonly isExternal: boolean;
  readonly #context: RunContext;
  readonly #environment: Environment;
  readonly #scenario: Scenario;
  readonly #releases: Releases;
  readonly #clicks: RecordedClick[] = [];
  readonly #startedAt = performance.now();
  #firstClickAt: number | undefined;
  #seen: Outcomes = {};
  #tab: Recorder | undefined;

  static async start(options: SessionOptions): Promise<DemoSession> {
    await sweepRunFolders();
    return acquiring((releases) => DemoSession.#open(options, releases));
  }

  private constructor(
    connection: PageConnection,
    parts: { context: RunContext; environment: Environment; scenario: Scenario; folder: string; isExternal: boolean },
    releases: Releases,
  ) {
    this.connection = connection;
    this.#context = parts.context;
    this.#environment = parts.environment;
    this.#scenario = parts.scenario;
    this.folder = parts.folder;
    this.isExternal = parts.isExternal;
    this.events = parts.context.history.events;
    this.#releases = releases;
  }

  static async #open(options: SessionOptions, releases: Releases): Promise<DemoSession> {
    const { onEvent } = options;
    const scenario = parseScenario(scenarioText([]), scenarioCopy).scenario as Scenario;
    const { environment, page, spareProcesses } = await openDemoServer(scenario, options, releases);
    const folder = createHistoryFolder(defaultHistoryRoot(), "demo");
    const parts = { scenario, environment, spareProcesses, historyFolder: folder };
    const context = releases.keep(
      new RunContext({ ...parts, signal: new AbortController().signal, random: () => Math.random, onEvent }),
    );
    const server = `nats-server ${environment.server.version}`;
    context.record({ type: "run-started", scenario: "demo", server });
    context.record({ type: "setup-applied", streams: demoStreams });
    context.listen();
    const isExternal = options.external !== undefined;
    return new DemoSession(page, { context, environment, scenario, folder, isExternal }, releases);
  }

  /** Rejects with the reason when the session cannot go on: the server or a responder ended by itself. */
  get failed(): Promise<never> {
    const { signal } = this.#context;
    return new Promise((_, reject) => {
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }

  /** Carries out a click; requests and collects are the page's own. @throws why the step is not possible now. */
  async perform(click: Click): Promise<void> {
    if (this.isExternal && isOfProcess(click))
      throw new Error("The demo starts and stops no process of an external server.");
    if (this.#isNoStep(click)) return this.#carryOut(click);
    this.#firstClickAt ??= performance.now();
    const atMs = Math.round(performance.now() - this.#firstClickAt);
    const recorded = { click, atMs, seen: this.#newOutcomes(), delivered: this.#deliveredTo(click) };
    this.#clicks.push(recorded); // before it is carried out: the tab may be killed meanwhile
    try {
      await this.#carryOut(click);
    } catch (error) {
      this.#clicks.splice(this.#clicks.indexOf(recorded), 1);
      throw error;
    }
    // What timed out while a part came back timed out without it. What was answered while a part went was answered with it.
    const goes = click.kind === "inject" || click.kind === "crash" || click.kind === "restart";
    Object.assign(
      recorded.seen,
      this.#newOutcomes((outcome) => hasTimedOut(outcome) !== goes),
    );
  }

  /** The outcomes that no earlier click has seen. */
  #newOutcomes(isMeant: (outcome: Outcomes[string]) => boolean = () => true): Outcomes {
    const isKnown = (as: string, outcome: unknown) => JSON.stringify(this.#seen[as]) === JSON.stringify(outcome);
    const all = Object.entries(this.#outcomes());
    const fresh = Object.fromEntries(all.filter(([as, outcome]) => isMeant(outcome) && !isKnown(as, outcome)));
    Object.assign(this.#seen, fresh);
    return fresh;
  }

  /** The request that a responder has while it is stopped, killed or paused, or while the server goes. */
  #deliveredTo(click: Click): RecordedClick["delivered"] {
    const isOfResponder = "actor" in click && click.kind !== "start" && !isTab(click.actor);
    if (!isOfResponder && !takesServer(click)) return undefined;
    const { events, outcomes, tally } = this.#context.history;
    const last = ofType(events, "delivered").findLast(({ actor }) => !("actor" in click) || actor === click.actor);
    const request = outcomes.all().find((one) => one.request === last?.request);
    if (!request || events.some((event) => event.type === "acked" && event.request === request.request))
      return undefined;
    const size = outcomes.requestsOf(request.as).length;
    const count = tally.of(request.as, "delivered");
    // How often requests of a load are delivered again depends on the machine.
    return { as: request.as, count: size > 1 ? Math.min(count, size) : count };
  }

  /** Of the requests that are not open any more, by name. */
  #outcomes(): Outcomes {
    const named = new Map<string, string[]>();
    for (const { as, outcome } of this.#context.history.outcomes.all())
      named.set(as, [...(named.get(as) ?? []), outcome]);
    // How many of a load time out depends on the machine: a copy that waits for that number would wait in vain.
    const isChance = (all: readonly string[]) => new Set(all).size > 1 && all.includes("timed-out");
    const settled = [...named].filter(([, all]) => !all.includes("pending") && !isChance(all));
    return Object.fromEntries(settled.map(([as, all]) => [as, all.length === 1 ? (all[0] as string) : tally(all)]));
  }

  /** The first tab is there when the scenario begins, and one that is gone cannot be killed. */
  #isNoStep(click: Click): boolean {
    if (!("actor" in click) || !isTab(click.actor)) return false;
    const killed =
      this.#clicks.some(({ click }) => click.kind === "crash" && isTab(click.actor)) && this.#tab === undefined;
    return click.kind === "start" ? !killed : this.#tab === undefined;
  }

  async #carryOut(click: Click): Promise<void> {
    const context = this.#context;
    switch (click.kind) {
      case "request":
      case "collect":
        return;
      case "start":
        if (isTab(click.actor)) return this.#openTab(click.actor);
        this.#addResponder(click.actor);
        return context.startActor(click.actor);
      case "stop":
        return context.stopActor(click.actor);
      case "crash":
        if (isTab(click.actor)) return this.#crashTab(click.actor);
        return context.crashActor(click.actor);
      case "pause":
      case "resume":
        return context.actor(click.actor).runStep({ kind: click.kind });
      case "restart":
        return context.restartServer();
      case "inject": {
        const between = [requesters.mailbox, "server"];
        const faultOptions = { latency: { between, delay: click.delayMs ?? 100, jitter: 0 }, cut: { between } };
        const options = faultOptions[click.fault as keyof typeof faultOptions] ?? {};
        return context.faults.inject(click.fault, options, undefined);
      }
      case "heal":
        return context.faults.heal(click.fault);
    }
  }

  /** Events of the page's requesters, in the page's order. */
  recordOfTab(events: readonly EventBody[]): void {
    if (!this.#tab) this.#openTab(requesters.mailbox);
    for (const event of events) this.#tab?.record(event);
  }

  async depths(): Promise<Depths> {
    try {
      const infos = await Promise.all(demoStreams.map((name) => this.#environment.jsm.streams.info(name)));
      return Object.fromEntries(infos.map(({ config, state }) => [config.name, state.messages]));
    } catch {
      return null;
    }
  }

  /** The session as a scenario file. Its last step has the outcome of each request that has one. */
  scenario(): string {
    const { events, outcomes: all } = this.#context.history;
    const answered = new Set(ofType(events, "replied").map(({ request }) => request));
    // Whether a requester that does not wait any more receives the reply is chance, if its connection was away.
    const missed = new Set(
      all.all().flatMap(({ as, request, outcome }) => (outcome === "timed-out" && answered.has(request) ? as : [])),
    );
    const outcomes = Object.fromEntries(Object.entries(this.#outcomes()).filter(([as]) => !missed.has(as)));
    return scenarioText(this.#clicks, { outcomes, timedOut: this.#timedOut() });
  }

  /** Names of requests that time out again in a copy. */
  #timedOut(): ReadonlySet<string> {
    const { events, outcomes } = this.#context.history;
    const timedOut = new Set(ofType(events, "timed-out").map(({ request }) => request));
    const requestedAt = new Map(ofType(events, "requested").map(({ request, t }) => [request, t]));
    const isInTime = ({ request, t }: { request: string; t: number }) =>
      t - (requestedAt.get(request) ?? 0) < (timeoutMs / 2) * 1_000;
    const stored = new Set(ofType(events, "stored").flatMap((event) => (isInTime(event) ? event.request : [])));
    const ended = outcomes.all().filter(({ request }) => timedOut.has(request));
    return repeatableTimeouts(
      this.#clicks,
      ended.map(({ as, request, outcome }) => ({ as, outcome, stored: stored.has(request) })),
    );
  }

  /** The session so far as a run, for the reports. */
  run(): Run {
    const text = this.scenario();
    writeFileSync(join(this.folder, scenarioCopy), text);
    const facts = {
      ...{ expectations: [], server: this.#environment.server, seed: 0, history: this.folder },
      durationMs: Math.round(performance.now() - this.#startedAt),
    };
    // The session has not ended: a check would judge requests that still wait.
    const judged = { ...this.#scenario, file: scenarioCopy, check: [] };
    const events = merge([this.events]);
    return { result: resultOf(judged, events, facts), events, scenario: text };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tab?.close();
    await this.#releases[Symbol.asyncDispose]();
  }

  /** The scenario of the session has the responders that were started so far. */
  #addResponder(name: string): void {
    const { scenario } = parseScenario(
      scenarioText([{ click: { kind: "start", actor: name } as Click, atMs: 0 }]),
      scenarioCopy,
    );
    const settings = scenario?.responders[name];
    if (settings) this.#scenario.responders[name] = settings;
  }

  #openTab(name: string): void {
    if (name !== requesters.mailbox || this.#tab) return;
    const { history } = this.#context;
    const file = historyFile(this.folder, name);
    this.#context.record({ type: "actor-started", name, role: "requester", pid: process.pid });
    this.#tab = openRecorder(file, name, (event) => history.add(event));
  }

  #crashTab(name: string): void {
    if (name !== requesters.mailbox) return;
    this.#tab?.close();
    this.#tab = undefined;
    this.#context.record({ type: "actor-crashed", name, signal: "SIGKILL" });
  }
}

const isOfProcess = (click: Click) =>
  click.kind === "restart" ||
  ("actor" in click && !isTab(click.actor)) ||
  ("fault" in click && ["kill-server", "pause-server"].includes(click.fault));

const takesServer = (click: Click) =>
  click.kind === "restart" || (click.kind === "inject" && ["kill-server", "pause-server"].includes(click.fault));

const isTab = (actor: string) => Object.values<string>(requesters).includes(actor);

function tally(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

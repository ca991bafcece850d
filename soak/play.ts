// Plays one schedule: starts its servers and processes, injects and heals its faults, and reads what is left.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as passed } from "node:timers/promises";
import { Actor } from "./actor.js";
import { soundFile } from "./handler-texts.js";
import type { RunFolder, ServerBinary } from "./kit-server.js";
import type { Contents } from "./read-streams.js";
import { type Line, RecordFile, readRecord } from "./record.js";
import type { Fault, Schedule } from "./schedule.js";
import { Servers } from "./servers.js";

export interface Played {
  lines: Line[];
  contents: Contents;
}

/** Milliseconds. A cluster elects leaders after a kill. */
const limits = {
  1: { readyMs: 15_000, idleMs: 20_000, emptyMs: 15_000, collectedMs: 15_000 },
  3: { readyMs: 40_000, idleMs: 40_000, emptyMs: 40_000, collectedMs: 30_000 },
};

/** What a later reader needs lies in `<folder>/record` afterwards. */
export async function play(schedule: Schedule, binary: ServerBinary, folder: RunFolder): Promise<Played> {
  const recordFolder = join(folder.path, "record");
  mkdirSync(recordFolder);
  writeFileSync(join(recordFolder, "schedule.json"), JSON.stringify(schedule, undefined, 1));
  using record = new RecordFile(recordFolder, "runner");
  await using servers = await Servers.start(schedule, binary, folder);
  const run = new Play(schedule, servers, { folder, recordFolder, record });
  await run.load();
  await run.settle();
  const contents = await servers.read();
  writeFileSync(join(recordFolder, "contents.json"), JSON.stringify(contents, undefined, 1));
  return { lines: readRecord(recordFolder), contents };
}

class Play {
  readonly #schedule: Schedule;
  readonly #servers: Servers;
  readonly #recordFolder: string;
  readonly #record: RecordFile;
  readonly #requesters: Actor[];
  readonly #responders: Actor[];
  #serverFaults: Promise<void> = Promise.resolve();

  constructor(
    schedule: Schedule,
    servers: Servers,
    { folder, recordFolder, record }: { folder: RunFolder; recordFolder: string; record: RecordFile },
  ) {
    this.#schedule = schedule;
    this.#servers = servers;
    this.#recordFolder = recordFolder;
    this.#record = record;
    const { maxAttempts } = schedule;
    const shared = { servers: servers.urls, folder, recordFolder, write: record.write };
    this.#requesters = schedule.requesters.map(
      (plan) => new Actor({ name: plan.name, file: "requester", plan, ...shared }),
    );
    this.#responders = schedule.responders.map(
      (plan) => new Actor({ name: plan.name, file: "responder", plan: { ...plan, maxAttempts }, ...shared }),
    );
  }

  /** The calls and the faults, until the last fault is healed. */
  async load(): Promise<void> {
    const { readyMs } = this.#limits;
    for (const actor of this.#actors) actor.start();
    await Promise.all(this.#actors.map((actor) => actor.reported("ready", readyMs)));
    const at = Date.now() + 20;
    this.#phase("load");
    for (const requester of this.#requesters) requester.send({ do: "begin", at });
    await Promise.all(this.#schedule.faults.map((fault) => this.#fault(fault, at)));
    for (const actor of this.#actors) if (!actor.running) actor.start(at);
    this.#phase("healed");
  }

  /** No fault any more: every call ends, the queue becomes empty, the replies are collected, the processes end. */
  async settle(): Promise<void> {
    const { readyMs, idleMs, emptyMs, collectedMs } = this.#limits;
    await Promise.all(this.#actors.map((actor) => actor.reported("ready", readyMs)));
    await Promise.all(this.#requesters.map((requester) => requester.reported("idle", idleMs)));
    writeFileSync(join(this.#recordFolder, soundFile), "");
    this.#phase("idle");
    await this.#emptied(emptyMs);
    if (this.#schedule.replaysAtEnd) {
      await this.#requesters[0]?.ask({ do: "replay" }, "replayed", collectedMs);
      await this.#emptied(emptyMs);
    }
    this.#phase("collect");
    await Promise.all(this.#requesters.map((one) => one.ask({ do: "collect" }, "collected", collectedMs)));
    await Promise.all(this.#requesters.map((one) => one.end({ do: "stop" })));
    await Promise.all(this.#responders.map((one) => one.end({ do: "stop" })));
    this.#phase("end");
  }

  get #limits() {
    return limits[this.#schedule.nodes];
  }

  get #actors(): Actor[] {
    return [...this.#requesters, ...this.#responders];
  }

  #phase = (phase: string) => this.#record.write({ e: "phase", phase });

  async #emptied(withinMs: number): Promise<void> {
    const empty = await this.#servers.quiet(withinMs);
    this.#phase(empty ? "queue empty" : `queue not empty within ${withinMs} ms`);
  }

  /** On a busy machine a server may start again later than its next fault: that one waits for it. */
  async #fault(fault: Fault, beganAt: number): Promise<void> {
    await passed(Math.max(0, beganAt + fault.at - Date.now()));
    if ("target" in fault) return this.#injectAndHeal(fault, beganAt);
    this.#serverFaults = this.#serverFaults.then(() => this.#injectAndHeal(fault, beganAt));
    return this.#serverFaults;
  }

  async #injectAndHeal(fault: Fault, beganAt: number): Promise<void> {
    const target = "target" in fault ? fault.target : "stream" in fault ? `leader of ${fault.stream}` : "server";
    this.#record.write({ e: "fault", fault: fault.do, target, forMs: fault.forMs });
    const heal = await this.#inject(fault, beganAt);
    await passed(fault.forMs);
    await heal();
    this.#record.write({ e: "healed", fault: fault.do, target });
  }

  async #inject(fault: Fault, beganAt: number): Promise<() => Promise<void>> {
    if (!("target" in fault)) return this.#servers.inject(fault);
    const actor = this.#actors.find(({ name }) => name === fault.target) as Actor;
    const startAgain = async () => actor.start(beganAt);
    switch (fault.do) {
      case "kill-requester":
      case "kill-responder":
        await actor.kill();
        return startAgain;
      case "drain-responder":
        await actor.end({ do: "drain", limitMs: fault.limitMs });
        return startAgain;
      case "pause-responder":
        await actor.pause();
        return async () => actor.resume();
    }
  }
}

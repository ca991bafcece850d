// The faults of one run: injected, healed by name, after a time or at the end, and asked at last whether they bit.
import { type ActiveFault, type Fault, type FaultName, faults, injectFault } from "../faults/index.js";
import { type FaultHost, faultTarget, type LabTarget } from "./fault-target.js";
import type { LiveHistory } from "./live-history.js";
import { streamsAnswer } from "./streams-answer.js";

/** For clients to find a healed server again; they try every two seconds. */
const backMs = 15_000;

export interface FaultRun extends FaultHost {
  history: LiveHistory;
  signal: AbortSignal;
  /** Ends the run: it cannot go on. */
  fail(error: unknown): void;
}

export class FaultList implements AsyncDisposable {
  readonly #lab: FaultRun;
  readonly #target: LabTarget;
  readonly #all: ActiveFault[] = [];
  readonly #active = new Set<ActiveFault>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #healing: Promise<void>[] = [];

  constructor(lab: FaultRun) {
    this.#lab = lab;
    this.#target = faultTarget(lab);
  }

  async inject(name: FaultName, options: unknown, forMs: number | undefined): Promise<void> {
    const active = await injectFault(
      name,
      faults[name] as Fault,
      options,
      this.#target,
      this.#all.length + 1,
    );
    this.#all.push(active);
    this.#active.add(active);
    if (forMs === undefined) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#healing.push(this.#healOne(active).catch((error) => this.#lab.fail(error)));
    }, forMs);
    this.#timers.add(timer);
  }

  /** The last one first: what was broken later may hide what was broken before. */
  async heal(name: FaultName | "all"): Promise<void> {
    const those = this.#all.filter((active) => name === "all" || active.name === name);
    for (const active of those.reverse()) await this.#healOne(active);
  }

  /** Heals what is left, and waits until those who lost their connection have it again. */
  async settle(): Promise<void> {
    if (this.#all.length === 0) return;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#healing);
    await this.heal("all");
    const { history, signal, environment } = this.#lab;
    await history.until(() => this.#everybodyIsBack(), backMs, signal);
    if (environment.own) await streamsAnswer(environment.jsm, environment.streams, signal);
  }

  /** To be called when the history is complete. */
  tellWhatBit(): void {
    for (const { name, id, bit } of this.#all) {
      const evidence = bit(this.#lab.history.events);
      if (evidence !== undefined) this.#lab.record({ type: "fault-bit", fault: name, id, evidence });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#target[Symbol.asyncDispose]();
  }

  /** What is healed can be used again at once: a step that follows finds streams that answer. */
  async #healOne(active: ActiveFault): Promise<void> {
    if (!this.#active.delete(active)) return;
    await active.heal();
    const { environment, signal } = this.#lab;
    const { jsm, streams } = environment;
    if (this.#active.size === 0 && faults[active.name as FaultName].needs.length > 0)
      await streamsAnswer(jsm, streams, signal);
  }

  #everybodyIsBack(): boolean {
    const away = new Set<string>();
    for (const event of this.#lab.history.events) {
      if (event.type === "disconnected" && event.actor !== "lab") away.add(event.actor);
      if (event.type === "reconnected") away.delete(event.actor);
      if (event.type === "actor-crashed" || event.type === "actor-stopped") away.delete(event.name);
    }
    return away.size === 0;
  }
}

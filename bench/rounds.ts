// Rounds: each plays every row, every second one backwards, so that a machine that gets slower or faster favours no row.
import type { LoadOptions } from "./load.js";
import type { Measurement, Stage } from "./stage.js";

export interface RoundsOptions {
  rounds: number;
  requests: number;
  inFlight: readonly number[];
  payloadBytes: number;
}

/** By the number in flight, then by row: one measurement for each round. */
export type Rounds = Map<number, Map<string, Measurement[]>>;

/** Alone on the line a request takes so much longer that a tenth of them is enough. */
export const loadOf = (inFlight: number, requests: number, payloadBytes: number): LoadOptions => ({
  ...{ inFlight, payloadBytes },
  requests: inFlight === 1 ? Math.ceil(requests / 10) : requests,
});

export async function playRounds(
  stages: ReadonlyMap<string, Pick<Stage, "measure">>,
  { rounds, requests, inFlight, payloadBytes }: RoundsOptions,
  progress: (line: string) => void,
): Promise<Rounds> {
  const results: Rounds = new Map();
  const steps = new Steps(stages.size * (1 + rounds * inFlight.length));
  for (const [name, stage] of stages) {
    progress(`${steps.next()}warming up ${name}`);
    await stage.measure(loadOf(Math.max(...inFlight), requests, payloadBytes));
  }
  for (const n of inFlight) {
    const load = loadOf(n, requests, payloadBytes);
    const byRow = new Map<string, Measurement[]>([...stages.keys()].map((name) => [name, []]));
    results.set(n, byRow);
    for (let round = 1; round <= rounds; round++) {
      const order = [...stages];
      if (round % 2 === 0) order.reverse();
      for (const [name, stage] of order) {
        const step = steps.next();
        const measurement = await stage.measure(load);
        byRow.get(name)?.push(measurement);
        const rate = Math.round(measurement.requestsPerSecond).toLocaleString("en-US");
        progress(`${step}${n} in flight, round ${round} of ${rounds}: ${name} ${rate} requests/s`);
      }
    }
  }
  return results;
}

/** How much is done, and how long the rest takes if it takes as long. */
export class Steps {
  readonly #all: number;
  readonly #began: number;
  readonly #now: () => number;
  #done = 0;

  constructor(all: number, now = () => performance.now()) {
    this.#all = all;
    this.#now = now;
    this.#began = now();
  }

  next(): string {
    const done = this.#done++;
    const left =
      done === 0 ? "" : `, ${Math.ceil(((this.#now() - this.#began) / done / 1000) * (this.#all - done))} s left`;
    return `[${this.#done}/${this.#all}${left}] `;
  }
}

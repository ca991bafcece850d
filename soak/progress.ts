// Progress: one line for each finding as it comes, a line about the rate now and then, and the counts at the end.
import { join } from "node:path";
import type { SoakArguments } from "./arguments.js";
import type { Finding } from "./checker/finding.js";

const everyMs = 15_000;

export class Progress {
  readonly #args: SoakArguments;
  readonly #began = performance.now();
  readonly #kinds = new Map<string, number[]>();
  #played = 0;
  #withFindings = 0;
  #unplayed = 0;
  #lastLine = performance.now();

  constructor(args: SoakArguments, version: string) {
    this.#args = args;
    const { seed, runs, nodes, parallel } = args;
    const servers = nodes === 1 ? "one server" : "three servers";
    const count = Number.isFinite(runs) ? `${runs} schedules` : "schedules";
    console.log(`${count} from seed ${seed} on ${servers} (nats-server ${version}), ${parallel} at a time`);
  }

  ended(seed: number, result: Finding[] | Error): void {
    const again = `npm run soak:faults -- --seed ${seed} --runs 1${this.#args.nodes === 3 ? " --nodes 3" : ""}`;
    const kept = join(this.#args.keep, `${this.#args.nodes}-${seed}`);
    this.#played++;
    if (result instanceof Error) {
      this.#unplayed++;
      console.log(`seed ${seed}: could not be played: ${result.message}\n  ${kept}\n  ${again}`);
    } else if (result.length > 0) {
      this.#withFindings++;
      const kinds = new Set(result.map(({ kind }) => kind));
      for (const kind of kinds) this.#kinds.set(kind, [...(this.#kinds.get(kind) ?? []), seed]);
      const lines = [...kinds].flatMap((kind) => linesOf(result.filter((finding) => finding.kind === kind)));
      console.log([`seed ${seed}:`, ...lines, `  ${kept}`, `  ${again}`].join("\n"));
    }
    if (performance.now() - this.#lastLine < everyMs) return;
    this.#lastLine = performance.now();
    console.log(this.#rate());
  }

  finish(): number {
    console.log(this.#rate());
    for (const [kind, seeds] of this.#kinds) {
      const shown = seeds.slice(0, 10).join(", ");
      console.log(`${kind}: ${seeds.length} schedules (seeds ${shown}${seeds.length > 10 ? ", …" : ""})`);
    }
    if (this.#withFindings > 0) return 1;
    return this.#unplayed > 0 ? 3 : 0;
  }

  #rate(): string {
    const { runs, forMs } = this.#args;
    const passedMs = performance.now() - this.#began;
    const perMinute = (this.#played / passedMs) * 60_000;
    const leftMs = Math.min(((runs - this.#played) / perMinute) * 60_000, forMs - passedMs);
    const of = Number.isFinite(runs) ? ` of ${runs}` : "";
    const left = leftMs > 0 && Number.isFinite(leftMs) ? `, about ${Math.ceil(leftMs / 60_000)} min left` : "";
    const failed = this.#unplayed > 0 ? `, ${this.#unplayed} could not be played` : "";
    return `${this.#played}${of} schedules played, ${this.#withFindings} with findings${failed}; ${perMinute.toFixed(1)} a minute${left}`;
  }
}

/** Of one kind; a server that is away fails every call. */
const mostLines = 4;

function linesOf(findings: Finding[]): string[] {
  const lines = findings.slice(0, mostLines).map(({ kind, id, text }) => `  ${kind}${id ? ` ${id}` : ""}: ${text}`);
  const more = findings.length - lines.length;
  return more > 0 ? [...lines, `  ${findings[0]?.kind}: ${more} more, see findings.json`] : lines;
}

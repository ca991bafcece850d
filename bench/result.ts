// What a whole run found out, as the JSON document has it.
import { availableParallelism } from "node:os";
import type { Section } from "./summary.js";

export interface Surroundings {
  server: { version: string; origin: string };
  node: string;
  platform: string;
  cores: number;
}

export interface RunResult extends Surroundings {
  payloadBytes: number;
  rounds: number;
  baseline: string;
  sections: Section[];
  /** MB, the peak of the whole run. */
  peakMb: { rows: Record<string, { requester?: number; responder?: number }>; server?: number };
}

export const surroundings = ({ version, origin }: Surroundings["server"]): Surroundings => ({
  server: { version, origin },
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
  cores: availableParallelism(),
});

// What a fault is. The smallest is noop.ts: copy it to write another.
import type { z } from "zod";
import type { Evidence } from "./evidence.js";
import type { Target } from "./target.js";

/** What a run must have for a fault. `own-server`: not one that was given by its URL. */
export const needs = ["own-server", "three-nodes", "own-disk", "root", "linux"] as const;
export type Need = (typeof needs)[number];

export interface Fault<Options = unknown> {
  /** One sentence, for people: what happens, and what makes it good again. */
  does: string;
  /** What a scenario file may say of it. Every option has a default, or is named as missing. */
  options: z.ZodType<Options>;
  needs: readonly Need[];
  /**
   * Resolves when it is in effect. One that waits for its effect says with `tell` what it does before it waits: the history
   * has causes first. @throws one sentence where it cannot be.
   */
  inject(target: Target, options: Options, tell: (what: string) => void): Promise<Injected>;
}

export interface Injected {
  /** What was done, completing "the laboratory ...": `freezes the server one`. */
  what: string;
  /** Makes good what can be. Called once. Absent where it is over at once: then only what happens within 2 s shows it. */
  heal?(): Promise<void>;
  /**
   * Which observable effect this injection had, in words; undefined where none shows, and the run proves nothing.
   * Pure: it goes by the history, and by when this injection was in effect.
   */
  bit: Evidence;
}

/** Ties the options' type to the schema's. */
export const fault = <Options>(definition: Fault<Options>): Fault<Options> => definition;

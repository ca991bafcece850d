// What `jsrr scenario` can be told.
import type { ConnectionFlags } from "./connection-options.js";
import type { ManyFlags } from "./run-trials.js";

export interface ScenarioFlags extends ConnectionFlags, ManyFlags {
  set?: string[];
  repeat?: number;
  parallel?: number;
  watch?: boolean;
  baseline?: string;
  /** Percent. */
  tolerance: number;
}

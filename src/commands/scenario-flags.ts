// What `jsrr scenario` can be told.
import type { ConnectionFlags } from "./connection-options.js";

export interface ScenarioFlags extends ConnectionFlags {
  json?: boolean;
  serverVersion?: string;
  quiet?: boolean;
  history?: string;
  report?: string;
  set?: string[];
  repeat?: number;
  parallel?: number;
  seed?: number;
  watch?: boolean;
  baseline?: string;
  /** Percent. */
  tolerance: number;
}

// What a scenario file means once it has been read and found valid. The runner depends on this, never on YAML.
import { type CheckName, type ChosenCheck, checks } from "../history/checks/index.js";
import type { Verdict } from "../history/verdict.js";
import type {
  RequesterSettings,
  ResponderSettings,
  ServiceSettings,
  StreamSettings,
} from "./model-actors.js";
import type { Expected, Step } from "./model-steps.js";

export * from "./model-steps.js";
export type { CheckName };

/** The names of the one registry of checks. */
export const checkNames = Object.keys(checks) as CheckName[];

export interface Scenario {
  name: string;
  question: string;
  answer: string;
  /** The scenario file, as it was given. */
  file: string;
  /** What the file says. */
  text: string;
  requires: Requirements;
  /** Everything random in a run comes from it; absent where each run is to draw its own. */
  seed?: number;
  server: ServerSettings;
  /** Absent where the scenario needs no streams (`setup: none`). */
  setup?: StreamSettings;
  requesters: Record<string, RequesterSettings>;
  responders: Record<string, ResponderSettings>;
  services: Record<string, ServiceSettings>;
  /** Each path with the values it is to have; empty where there is nothing to go through. */
  sweep: { path: string; values: (string | number | boolean)[] }[];
  /** How often it is run. */
  repeat: number;
  /** Never empty. */
  timeline: Step[];
  /** What must be so after the last step. */
  thresholds: Expected[];
  check: ChosenCheck[];
  /** What a check is expected to find where that is not `held`: a known loss is the passing outcome. */
  expected: Partial<Record<CheckName, Verdict>>;
}

export interface Requirements {
  /** The oldest server version that will do, e.g. `2.11.0`. */
  server?: string;
  /** Servers of the cluster. */
  nodes?: number;
  /** Whether the kit has to run as root. */
  root?: boolean;
}

/** The kit's own servers; a given one is as it is. */
export interface ServerSettings {
  nodes: 1 | 3;
  /** `always`, or a duration such as `10s`. */
  syncInterval?: string;
  /** Bytes. */
  maxFileStore?: number;
  maxMemory?: number;
}

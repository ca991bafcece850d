// Run result: the judged result of a run. Reports depend on this and on the events only.
import type { StrategyName } from "../protocol/events.js";
import type { EventType, HistoryEvent } from "./event.js";
import type { Latency } from "./latency.js";
import type { Verdict } from "./verdict.js";

/** One expectation of the scenario, with what was found. */
export interface Expectation {
  /** What was looked at, e.g. `lunch` or `stream.REQUESTS.messages`. */
  path: string;
  expected: string | number;
  /** What it was when last looked at; absent when it could not be read. */
  actual?: string | number;
  verdict: Verdict;
  /** Where it is not so: when it was so last, in milliseconds from the beginning of the run, as far as the laboratory looked. */
  lastTrueMs?: number;
  /** Line of the expectation in the scenario file, from 1. */
  line: number;
}

/** The result of one check over the history. */
export interface CheckResult {
  name: string;
  verdict: Verdict;
  /** What the scenario expects of it; `violated` for a known loss that is the lesson. */
  expected: Verdict;
  /** One sentence. */
  detail: string;
  /** The ids of the requests that the verdict rests on. */
  requests: string[];
  /** What the scenario allows, where it says so. */
  atMost?: number;
  /** The templates of `reply-matches`, by order. */
  replies?: Readonly<Record<string, string>>;
  /** What happened to the first few of these requests; absent where the verdict rests on none. */
  trails?: Trail[];
  /** How many more of them there are. */
  moreTrails?: number;
}

/** One request's events, oldest first; of a long list the first and the last ones. */
export interface Trail {
  request: string;
  events: TrailEvent[];
  /** How many events are left out, and after how many of those that are here. */
  omitted?: { events: number; after: number };
}

export interface TrailEvent {
  /** Microseconds, as in the history. */
  t: number;
  actor: string;
  type: EventType;
  /** Absent: the actor recorded it itself. */
  source?: HistoryEvent["source"];
  /** The one thing that tells this event from others of its type, e.g. `delivery 2`, `message 1`, `ok 🥪`. */
  note?: string;
}

/** A request of the run, and how it ended. */
export interface RequestOutcome {
  /** The scenario's name for the request. */
  as: string;
  /** The names under which it was sent again with its id, in their order; absent where there is none. */
  alsoAs?: string[];
  request: string;
  subject: string;
  /** `by-hand`: the laboratory published it, in the place of another client. */
  strategy: StrategyName | "by-hand";
  /**
   * `pending`, `stored` (sent without a wait for its reply), `refused` (it got no turn, and was not sent), `timed-out`, `ok 🥪`,
   * `error ...`, `rejected ...`, `no-responders`, `puback`, `failed: ...`; of several replies also `ended by maximum` and the
   * like, where they ended without the last one, or without all of their parts.
   */
  outcome: string;
  /** Of several replies: how many parts reached a requester, each counted once. Absent where none did. */
  parts?: number;
}

/** How many of each: requests, replies, executions and so on. */
export interface Counts {
  requested: number;
  stored: number;
  executed: number;
  replied: number;
  collected: number;
}

/** The nats-server of a run. */
export interface ServerFacts {
  version: string;
  /** Where the server came from, e.g. `NATS_SERVER_BIN`, `PATH`, `cache`, `given URL`. */
  origin: string;
  url: string;
}

/** Of histories and results. It is raised when an older kit would misread them. */
export const historyFormat = 1;

/** The result of a run, as `result.json` has it. */
export interface RunResult {
  format: typeof historyFormat;
  scenario: string;
  question: string;
  answer: string;
  /** The scenario file. */
  file: string;
  verdict: Verdict;
  /** Why the verdict is not `held`, in one sentence. */
  reason?: string;
  requests: RequestOutcome[];
  expectations: Expectation[];
  checks: CheckResult[];
  counts: Counts;
  /** How long the requests of each load took; absent where there was none. */
  latency?: Latency[];
  /** Everything random in the run came from it. */
  seed: number;
  server: ServerFacts;
  /** Wall time of the whole run, milliseconds. */
  durationMs: number;
  /** What each external actor printed, of a longer output the end; absent where none took part. */
  outputs?: { actor: string; text: string; omittedBytes?: number }[];
  /** Folder with the run's NDJSON files. */
  history: string;
}

/** The input of a report: `(run: Run) => string`. */
export interface Run {
  result: RunResult;
  /** In causal order. */
  events: HistoryEvent[];
  /** What the scenario file says, where it is at hand. */
  scenario?: string;
  /** Why the run itself failed, in a sentence: then there is no verdict, and the result is what is known so far. */
  failure?: string;
}

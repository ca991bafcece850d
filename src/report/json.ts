// JSON report: the result of a run as one document, its keys always in the same order.
import type { Latency } from "../history/latency.js";
import type {
  CheckResult,
  Counts,
  Expectation,
  RequestOutcome,
  Run,
  RunResult,
  ServerFacts,
  Trail,
  TrailEvent,
} from "../history/result.js";

type KeysOf<T> = T extends unknown ? keyof T : never;
type Key = KeysOf<
  | RunResult
  | Expectation
  | CheckResult
  | RequestOutcome
  | Counts
  | ServerFacts
  | Latency
  | Trail
  | TrailEvent
  | NonNullable<Trail["omitted"]>
>;

/** Every key on every level, in the order to be written; the compiler keeps this complete. */
const order: Record<Key, true> = {
  scenario: true,
  question: true,
  answer: true,
  // of a check
  name: true,
  // of an expectation
  path: true,
  verdict: true,
  expected: true,
  actual: true,
  lastTrueMs: true,
  line: true,
  detail: true,
  atMost: true,
  reason: true,
  // of a request
  as: true,
  alsoAs: true,
  request: true,
  subject: true,
  strategy: true,
  outcome: true,
  parts: true,
  requests: true,
  trails: true,
  events: true,
  t: true,
  actor: true,
  type: true,
  note: true,
  omitted: true,
  after: true,
  moreTrails: true,
  expectations: true,
  checks: true,
  counts: true,
  requested: true,
  stored: true,
  executed: true,
  replied: true,
  collected: true,
  // of a load; `as` is its name
  latency: true,
  count: true,
  p50: true,
  p90: true,
  p99: true,
  "p99.9": true,
  max: true,
  seed: true,
  server: true,
  version: true,
  origin: true,
  url: true,
  file: true,
  durationMs: true,
  history: true,
  format: true,
};

export function json({ result }: Run): string {
  // A list of keys as the replacer both orders and limits what is written, on every level.
  return `${JSON.stringify(result, Object.keys(order), 2)}\n`;
}

// Compares what a server has with what the plan wants, field by field, in words a person can act on.

export interface Difference {
  /** The server's own name of the field, e.g. `retention`. */
  field: string;
  actual: unknown;
  wanted: unknown;
}

/** Only the fields the plan names count: the server fills in many more. */
export function differences(wanted: object, actual: object): Difference[] {
  const have = actual as Record<string, unknown>;
  return Object.entries(wanted)
    .filter(([field, value]) => canonical(have[field]) !== canonical(value))
    .map(([field, value]) => ({ field, actual: have[field], wanted: value }));
}

/** `retention: limits, wanted workqueue` */
export function describeDifference(d: Difference): string {
  return `${d.field}: ${show(d.field, d.actual)}, wanted ${show(d.field, d.wanted)}`;
}

/** Limits that delete stored messages when they shrink. Durations in nanoseconds; 0 or -1 is no limit. */
const limits = ["max_age", "max_msgs", "max_bytes", "max_msgs_per_subject"];

/** True where changing the field could make the server delete what it holds. */
export function wouldDiscard(d: Difference): boolean {
  if (!limits.includes(d.field)) return false;
  return size(d.wanted) < size(d.actual);
}

const size = (limit: unknown) => (typeof limit === "number" && limit > 0 ? limit : Number.POSITIVE_INFINITY);

/** Key order does not matter, and an absent field is the same as an undefined one: the server leaves `false` out. */
function canonical(value: unknown): string {
  if (value === null || typeof value !== "object") return String(value || value === 0 ? value : "unset");
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([k, v]) => `${k}:${canonical(v)}`).join()}}`;
}

const durations = ["max_age", "duplicate_window", "ack_wait"];

function show(field: string, value: unknown): string {
  if (value === undefined || value === null || value === "") return "unset";
  if (typeof value === "number" && durations.includes(field))
    return value === 0 ? "unlimited" : duration(value);
  if (value === -1) return "unlimited";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function duration(nanos: number): string {
  const seconds = nanos / 1e9;
  if (seconds >= 3600 && seconds % 3600 === 0) return `${seconds / 3600}h`;
  if (seconds >= 60 && seconds % 60 === 0) return `${seconds / 60}m`;
  return seconds >= 1 ? `${seconds}s` : `${nanos / 1e6}ms`;
}

// Kept settings: an update changes what the caller's options name, and what the kit cannot work without; it keeps the rest.
import { maxAttemptsKey, type QueueNames } from "../protocol/subjects.js";
import { differences, type Found } from "./diff.js";
import type { SetupOptions, SetupPlan } from "./plan.js";

/**
 * The same part without what no option names; with `keepsConsumers` also without what follows from the consumers. Only for what exists: a part that is created gets the whole plan.
 * Where the kept `duplicate_window` is longer than the new `max_age`, which the server refuses, it becomes as long.
 */
export function keepingUnnamed(
  whole: Found,
  names: QueueNames,
  options: SetupOptions,
  plan: SetupPlan,
  keepsConsumers: boolean,
): Found {
  const found = withSwitchedOn(whole, names, options);
  if (!found.config) return found;
  const kept = new Set(
    tunables(found, options, plan).flatMap(([field, option]) => (option === undefined ? field : [])),
  );
  // What the consumers take, and so what the stream stores.
  if (keepsConsumers) kept.add("subjects");
  const { duplicate_window: window = 0 } = found.config as { duplicate_window?: number };
  const { max_age: age = 0 } = found.part.wanted as { max_age?: number };
  if (!kept.has("max_age") && age > 0 && window > age) kept.delete("duplicate_window");
  const { metadata, ...fields } = found.part.wanted as { metadata?: Record<string, string> };
  const wanted = { ...without(fields, kept), ...(metadata && { metadata: without(metadata, kept) }) };
  const differences = found.differences.filter(({ field }) => !kept.has(field));
  return { ...found, part: { ...found.part, wanted }, differences };
}

/** The subjects of `schedules` and `shared`, once they were switched on. */
function withSwitchedOn(found: Found, { schedulePrefix, attemptPrefix }: QueueNames, options: SetupOptions): Found {
  const { subjects: stored = [] } = (found.config ?? {}) as { subjects?: string[] };
  const { subjects } = found.part.wanted as { subjects?: string[] };
  const isSwitchedOn = (subject: string) =>
    (options.schedules === undefined && subject.startsWith(schedulePrefix)) ||
    (options.shared === undefined && subject.startsWith(attemptPrefix));
  const more = stored.filter((subject) => isSwitchedOn(subject) && !subjects?.includes(subject));
  if (!subjects || !found.config || more.length === 0) return found;
  const wanted = { ...found.part.wanted, subjects: [...subjects, ...more] };
  return { ...found, part: { ...found.part, wanted }, differences: differences(wanted, found.config) };
}

/** Each field that an option sets, with that option. */
function tunables({ part }: Found, options: SetupOptions, plan: SetupPlan): [field: string, option: unknown][] {
  const { durable_name: consumer, metadata } = part.wanted as { durable_name?: string; metadata?: object };
  if (consumer !== undefined) {
    const own = options.consumers?.[consumer];
    return [
      ["ack_wait", own?.ackWaitMs ?? options.ackWaitMs],
      ["max_ack_pending", own?.maxAckPending ?? options.maxAckPending],
      // Before nats-server 2.10 a consumer has no metadata, and the server counts.
      [metadata ? maxAttemptsKey : "max_deliver", own?.maxDeliver ?? options.maxDeliver],
    ];
  }
  const at = plan.streams.findIndex(({ name }) => name === part.stream);
  const kind = (["requests", "replies", "deadLetters"] as const)[at]; // undefined for a stream of a strategy
  const common: [string, unknown][] = [
    ["storage", options.storage],
    ["num_replicas", options.replicas],
    ["duplicate_window", at === 2 ? undefined : options.duplicateWindowMs],
    ["max_bytes", options.maxBytes ?? (kind && options.streams?.[kind]?.max_bytes)],
  ];
  if (at === 2) return common;
  if (at > 0) return [...common, ["max_age", options.replyAgeMs]];
  return [
    ...common,
    ["max_msgs", options.maxRequests],
    ["max_age", options.requestAgeMs],
    ["discard", options.discard],
  ];
}

const without = (fields: object, names: ReadonlySet<string>) =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.has(name)));

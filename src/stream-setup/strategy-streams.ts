// The streams of the reply strategies that exist to be compared. None is part of the usual set-up.
import { RetentionPolicy, type StreamConfig } from "@nats-io/jetstream";
import { InvalidInput } from "../protocol/errors.js";
import { quote } from "../protocol/names.js";
import { kvBucket, kvStream, sharedStream } from "../protocol/reply-places.js";

type StreamPlan = Partial<StreamConfig> & { name: string };

/** A stream as the server's clients make one for a bucket (ADR-8), so that `nats kv get` reads it. */
function kv(common: Partial<StreamConfig>): StreamPlan {
  return {
    ...common,
    name: kvStream,
    subjects: [`$KV.${kvBucket}.>`],
    retention: RetentionPolicy.Limits,
    max_msgs_per_subject: 1,
    allow_rollup_hdrs: true,
    deny_delete: true,
    allow_direct: true,
    // To the same subjects as the mailboxes: who waits for a reply need not know where it is kept.
    republish: { src: `$KV.${kvBucket}.>`, dest: "replied.>" },
  };
}

function shared(common: Partial<StreamConfig>): StreamPlan {
  return {
    ...common,
    name: sharedStream,
    subjects: ["shared-replies.*"],
    retention: RetentionPolicy.Limits,
  };
}

const plans = { kv, shared };

/** Strategies that need a stream besides REQUESTS and REPLIES. */
export type StreamStrategy = keyof typeof plans;

export const streamStrategies = Object.keys(plans) as StreamStrategy[];

/** The stream that a strategy needs besides REQUESTS and REPLIES, if any. */
export const streamNames: Record<StreamStrategy, string> = { kv: kvStream, shared: sharedStream };

/** @throws InvalidInput on a strategy that has no stream of its own. */
export function strategyStreams(
  strategies: readonly StreamStrategy[],
  common: Partial<StreamConfig>,
): StreamPlan[] {
  for (const name of strategies) {
    if (Object.hasOwn(plans, name)) continue;
    throw new InvalidInput(
      `Expected strategies to be of ${streamStrategies.join(", ")}, got ${quote(name)}.`,
    );
  }
  return streamStrategies.filter((name) => strategies.includes(name)).map((name) => plans[name](common));
}

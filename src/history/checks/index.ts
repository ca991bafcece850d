// The registry of checks: a scenario's `check` names come from here.
import type { Check } from "./check.js";
import { noDuplicateExecutions } from "./no-duplicate-executions.js";
import { noDuplicateReplies } from "./no-duplicate-replies.js";
import { noLostReplies } from "./no-lost-replies.js";
import { noLostRequests } from "./no-lost-requests.js";
import { noPhantomReplies } from "./no-phantom-replies.js";
import { noStuckMessages } from "./no-stuck-messages.js";

export const checks = {
  "no-lost-requests": noLostRequests,
  "no-lost-replies": noLostReplies,
  "no-phantom-replies": noPhantomReplies,
  "no-duplicate-replies": noDuplicateReplies,
  "no-duplicate-executions": noDuplicateExecutions,
  "no-stuck-messages": noStuckMessages,
} satisfies Record<string, Check>;

export type CheckName = keyof typeof checks;
export type { Check, Finding } from "./check.js";

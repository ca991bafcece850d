// Registry of checks: the names that a scenario's `check` may use.
import type { Check } from "./check.js";
import { noDuplicateExecutions } from "./no-duplicate-executions.js";
import { noDuplicateReplies } from "./no-duplicate-replies.js";
import { noLateExecution } from "./no-late-execution.js";
import { noLostReplies } from "./no-lost-replies.js";
import { noLostRequests } from "./no-lost-requests.js";
import { noPhantomReplies } from "./no-phantom-replies.js";
import { noSilentEnd } from "./no-silent-end.js";
import { noStorm } from "./no-storm.js";
import { noStuckMessages } from "./no-stuck-messages.js";
import { orderKept } from "./order-kept.js";
import { partsComplete } from "./parts-complete.js";
import { replyBeforeAck } from "./reply-before-ack.js";
import { rightAddress } from "./right-address.js";
import { sourcesAgree } from "./sources-agree.js";

export type { Check, Finding, Judge, Parameters } from "./check.js";

export const checks = {
  "no-lost-requests": noLostRequests,
  "no-lost-replies": noLostReplies,
  "no-phantom-replies": noPhantomReplies,
  "no-duplicate-replies": noDuplicateReplies,
  "no-duplicate-executions": noDuplicateExecutions,
  "no-late-execution": noLateExecution,
  "no-stuck-messages": noStuckMessages,
  "no-silent-end": noSilentEnd,
  "no-storm": noStorm,
  "reply-before-ack": replyBeforeAck,
  "right-address": rightAddress,
  "sources-agree": sourcesAgree,
  "order-kept": orderKept,
  "parts-complete": partsComplete,
} satisfies Record<string, Check>;

export type CheckName = keyof typeof checks;

/** A check as a scenario asks for it: by its name alone, or with parameters of its own. */
export type ChosenCheck = CheckName | { name: CheckName; atMost: number };

export const nameOf = (chosen: ChosenCheck): CheckName => (typeof chosen === "string" ? chosen : chosen.name);

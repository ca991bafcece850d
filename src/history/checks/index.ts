// Registry of checks: the names that a scenario's `check` may use.
import { ackWaitKept } from "./ack-wait-kept.js";
import { acksHonoured } from "./acks-honoured.js";
import type { Check, Parameters } from "./check.js";
import { deliveryCounts } from "./delivery-counts.js";
import { effectBeforeReply } from "./effect-before-reply.js";
import { noDuplicateExecutions } from "./no-duplicate-executions.js";
import { noDuplicateReplies } from "./no-duplicate-replies.js";
import { noEndlessWork } from "./no-endless-work.js";
import { noLateExecution } from "./no-late-execution.js";
import { noLostReplies } from "./no-lost-replies.js";
import { noLostRequests } from "./no-lost-requests.js";
import { noPhantomReplies } from "./no-phantom-replies.js";
import { noSilentEnd } from "./no-silent-end.js";
import { noStorm } from "./no-storm.js";
import { noStuckMessages } from "./no-stuck-messages.js";
import { nothingAnsweredLeft } from "./nothing-answered-left.js";
import { orderKept } from "./order-kept.js";
import { partsComplete } from "./parts-complete.js";
import { pubacksTrue } from "./pubacks-true.js";
import { replyBeforeAck } from "./reply-before-ack.js";
import { replyMatches } from "./reply-matches.js";
import { rightAddress } from "./right-address.js";
import { rightEnd } from "./right-end.js";
import { setupKept } from "./setup-kept.js";
import { sourcesAgree } from "./sources-agree.js";
import { statusTrue } from "./status-true.js";

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
  "reply-matches": replyMatches,
  "effect-before-reply": effectBeforeReply,
  "right-address": rightAddress,
  "right-end": rightEnd,
  "status-true": statusTrue,
  "no-endless-work": noEndlessWork,
  "setup-kept": setupKept,
  "nothing-answered-left": nothingAnsweredLeft,
  "sources-agree": sourcesAgree,
  "order-kept": orderKept,
  "parts-complete": partsComplete,
  "acks-honoured": acksHonoured,
  "ack-wait-kept": ackWaitKept,
  "delivery-counts": deliveryCounts,
  "pubacks-true": pubacksTrue,
} satisfies Record<string, Check>;

export type CheckName = keyof typeof checks;

/** A check as a scenario asks for it: by its name alone, or with parameters of its own. */
export type ChosenCheck = CheckName | ({ name: CheckName } & Parameters);

export const nameOf = (chosen: ChosenCheck): CheckName => (typeof chosen === "string" ? chosen : chosen.name);

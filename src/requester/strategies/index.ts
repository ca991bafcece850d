// The registry of reply strategies. The compiler holds it to the names that histories and scenario files use.
import type { LabReplyStrategy } from "../../protocol/events.js";
import { inbox } from "./inbox.js";
import { kv } from "./kv.js";
import { mailbox } from "./mailbox.js";
import { shared } from "./shared.js";
import type { OpenStrategy } from "./strategy.js";
import { trial } from "./trial.js";

export type { Strategy } from "./strategy.js";

export const strategies = { inbox, mailbox, kv, shared, trial } satisfies Record<LabReplyStrategy, OpenStrategy>;

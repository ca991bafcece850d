// The registry of matchers, for `expect.extend(matchers)`, and what each looks like on `expect(...)`.
import type { Ending } from "../../history/event.js";
import type { Handle } from "../../requester/handle.js";
import type { ScenarioRunOptions } from "../scenario.js";
import type { Within } from "./matcher.js";
import { toEndWith } from "./to-end-with.js";
import { toHaveNoStuckMessages } from "./to-have-no-stuck-messages.js";
import { toHaveRemaining } from "./to-have-remaining.js";
import { toHaveReplyInMailbox } from "./to-have-reply-in-mailbox.js";
import { toHoldScenario } from "./to-hold-scenario.js";

export const matchers = {
  toEndWith,
  toHaveNoStuckMessages,
  toHaveRemaining,
  toHaveReplyInMailbox,
  toHoldScenario,
} satisfies { [Name in keyof KitMatchers]: unknown };

/** All of them ask a server or wait for a reply: `await` them. */
export interface KitMatchers {
  /** Given a request's promise or reply: it has this ending and, where given, exactly this text. */
  toEndWith(ending: Ending, text?: string): Promise<void>;
  /** Given a lab: every request in REQUESTS can still be delivered. */
  toHaveNoStuckMessages(within?: Within): Promise<void>;
  /** Given a lab (then REQUESTS is meant) or `lab.stream(name)`: as many messages remain, now or within the time. */
  toHaveRemaining(count: number, within?: Within): Promise<void>;
  /** Given a lab: the reply for this handle is stored, now or within the time. */
  toHaveReplyInMailbox(handle: Handle | string, within?: Within): Promise<void>;
  /** Given a scenario's name, its file, its text, or a run: its verdict is held. */
  toHoldScenario(options?: ScenarioRunOptions): Promise<void>;
}

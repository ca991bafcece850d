// await expect(lab).toHaveNoStuckMessages(): no request is left in the queue that nobody will ever be given again.
import { requestStream } from "../../protocol/names.js";
import {
  type MatcherContext,
  type MatcherResult,
  messages,
  requireLab,
  settled,
  type Within,
} from "./matcher.js";
import { listed } from "./to-have-remaining.js";

export async function toHaveNoStuckMessages(
  this: MatcherContext,
  received: unknown,
  within?: Within,
): Promise<MatcherResult> {
  const stream = requireLab("toHaveNoStuckMessages", received).stream(requestStream);
  const look = () => stream.stuck();
  const { stuck, remaining } = await settled(this, look, (seen) => seen.stuck === 0, within);
  const held = await stream.messages(10);
  return {
    pass: stuck === 0,
    message: () =>
      this.isNot
        ? `expected ${stream.name} to have stuck messages, and all of its ${messages(remaining)} can still be delivered`
        : [
            `expected ${stream.name} to have no stuck messages, and ${stuck} of ${messages(remaining)} can no longer be delivered (max_deliver is reached):`,
            ...listed(held, remaining),
          ].join("\n"),
  };
}

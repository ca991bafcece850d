// await expect(lab).toHaveRemaining(1): how many messages remain in REQUESTS, or in a stream that is given instead.
import { requestStream } from "../../protocol/names.js";
import { Lab } from "../lab.js";
import { LabStream, type StreamMessage } from "../stream.js";
import {
  deadline,
  kindOf,
  type MatcherContext,
  type MatcherResult,
  messages,
  settled,
  type Within,
} from "./matcher.js";

const shownAtMost = 10;

export async function toHaveRemaining(
  this: MatcherContext,
  received: unknown,
  expected: number,
  within?: Within,
): Promise<MatcherResult> {
  const stream = streamOf(received);
  const remaining = await settled(
    this,
    () => stream.remaining(),
    (n) => n === expected,
    within,
  );
  const held = await stream.messages(shownAtMost);
  const wanted = `expected ${stream.name} ${this.isNot ? "not " : ""}to have ${messages(expected)} remaining`;
  const found = this.isNot ? "and it has" : `and it has ${remaining} after ${deadline(within)} ms`;
  return {
    pass: remaining === expected,
    message: () =>
      [`${wanted}, ${found}${held.length > 0 ? ":" : ""}`, ...listed(held, remaining)].join("\n"),
  };
}

function streamOf(received: unknown): LabStream {
  if (received instanceof LabStream) return received;
  if (received instanceof Lab) return received.stream(requestStream);
  throw new TypeError(
    `Expected expect(...).toHaveRemaining() to be given a lab or a stream of it, got ${kindOf(received)}.`,
  );
}

export function listed(held: StreamMessage[], total: number): string[] {
  const lines = held.map(
    (m) => `  message ${m.sequence}: ${m.subject}${m.request && ` (request ${m.request})`}`,
  );
  return total > held.length && held.length > 0 ? [...lines, `  ... and ${total - held.length} more`] : lines;
}

// await expect(lab).toHaveReplyInMailbox(handle): whether the reply is stored, so that its requester can come back for it.
import { formatHandle, type Handle, parseHandle } from "../../requester/handle.js";
import { locate } from "../../requester/whereabouts.js";
import { deadline, type MatcherContext, type MatcherResult, requireLab, type Within } from "./matcher.js";

export async function toHaveReplyInMailbox(
  this: MatcherContext,
  received: unknown,
  given: Handle | string,
  within?: Within,
): Promise<MatcherResult> {
  const lab = requireLab("toHaveReplyInMailbox", received);
  const handle = typeof given === "string" ? parseHandle(given) : given;
  // A stored reply stays stored: with `.not` there is nothing to wait for.
  const timeoutMs = this.isNot ? 0 : deadline(within);
  const reply = await lab.collect(handle, { timeoutMs });
  const { evidence } = await locate(lab.nc, handle);
  const who = `the mailbox of ${handle.requester} ${this.isNot ? "not " : ""}to hold the reply to ${handle.request}`;
  const found = reply
    ? `and it holds ${reply.ending} ${JSON.stringify(reply.text)}`
    : `and it is empty${waited(timeoutMs)}`;
  return {
    pass: reply !== undefined,
    message: () => `expected ${who}, ${found}: ${evidence} (handle ${formatHandle(handle)})`,
  };
}

const waited = (ms: number) => (ms > 0 ? ` after ${ms} ms` : "");

// Several replies as they are given to whoever asked for them, told in events: in order, and what ended them.
import type { Observe, RepliesEnd, RequesterEvent } from "../../history/event.js";
import { PartMissing } from "../../protocol/errors.js";
import type { ManyReply } from "./arrivals.js";

/**
 * The same replies. What of them is told elsewhere is not told again: the last reply (`received`), and that the call gave up
 * (`timed-out`). Who leaves the iteration early tells nothing.
 */
export async function* told(
  request: string,
  replies: AsyncIterable<ManyReply>,
  observe: Observe<RequesterEvent> | undefined,
): AsyncGenerator<ManyReply, void, undefined> {
  let parts = 0;
  const ended = (by: RepliesEnd) => observe?.({ type: "replies-ended", request, parts, by });
  try {
    for await (const reply of replies) {
      if (reply.last) {
        ended("last");
        yield reply;
        return;
      }
      parts++;
      observe?.({ type: "part-received", request, part: reply.part, payload: reply.text });
      yield reply;
    }
    ended("maximum");
  } catch (error) {
    if (error instanceof PartMissing) ended("missing-part");
    throw error;
  }
}

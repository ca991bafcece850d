// Serves the parts of a handler that yields several replies: each is stored before the handler goes on, so that a part is
// never stored before the one that it follows, and a slow store slows the handler rather than filling memory.
import type { Observe, ResponderEvent } from "../history/event.js";
import type { Addressed } from "../protocol/dialects/index.js";
import { AlreadyStored, InvalidInput, type KitError, NotSetUp } from "../protocol/errors.js";
import { header } from "../protocol/names.js";
import { carriesParts, partSubject } from "../protocol/parts.js";
import type { PubAck } from "../protocol/pub-ack.js";
import type { RequireAddress } from "../protocol/reply-addresses.js";
import { isKept } from "../protocol/reply-places.js";
import { retryDelayMs } from "./checkout.js";
import type { InHand } from "./in-hand.js";
import { type Answer, isAnswer, type Parts } from "./menu.js";
import type { ReplySender } from "./reply-sender.js";
import { type Result, whyFailed } from "./result.js";
import { RetryLater } from "./retry.js";
import type { Taken } from "./taken.js";

export class Courses {
  readonly #sender: ReplySender;
  readonly #requireAddress: RequireAddress;
  readonly #observe: Observe<ResponderEvent> | undefined;

  constructor(
    sender: ReplySender,
    requireAddress: RequireAddress,
    observe: Observe<ResponderEvent> | undefined,
  ) {
    this.#sender = sender;
    this.#requireAddress = requireAddress;
    this.#observe = observe;
  }

  /**
   * The handler's last reply, or what it threw, with the number of parts before it. A handler whose request is called
   * off is left at its next `yield`; its `finally` blocks run. Where nobody could get the parts it is not even begun.
   */
  async serve(taken: Taken, parts: Parts, inHand: InHand): Promise<Result> {
    const to = taken.addressed as Addressed;
    const dead = this.#deadEnd(to);
    if (dead) return refused(taken.msg.subject, dead);
    const { signal } = inHand;
    let count = 0;
    const counted = (result: Result) => ({ ...result, headers: { [header.replyParts]: String(count) } });
    try {
      for (;;) {
        const { value, done } = await parts.next();
        if (inHand.givenUp) throw new Error("given up");
        if (done) return counted({ ending: "ok", payload: requireAnswer(value ?? "") });
        await this.#part(taken.id, to, count + 1, requireAnswer(value));
        count++;
        if (signal.aborted) throw new Error(`stopped after part ${count}`);
      }
    } catch (error) {
      await leave(parts);
      return counted(whyFailed(error, inHand));
    }
  }

  /** Why its parts would reach nobody. Those of a core reply go below its address, where they have to be allowed, too. */
  #deadEnd(to: Addressed): string | undefined {
    const { dialect, replyTo } = to;
    if (!carriesParts(to)) {
      return `a reply to ${replyTo} (${dialect.name}) cannot carry; ask with a mailbox or an inbox`;
    }
    if (isKept(replyTo)) return undefined;
    try {
      this.#requireAddress(partSubject(replyTo, 1));
      return undefined;
    } catch (error) {
      return `go nowhere: ${(error as Error).message}; ask with a mailbox`;
    }
  }

  async #part(request: string, to: Addressed, index: number, payload: Answer): Promise<void> {
    let stored: PubAck | undefined;
    try {
      stored = await this.#sender.sendPart(request, to, index, payload);
    } catch (error) {
      if (error instanceof AlreadyStored) return; // by an attempt before this one: that part is the one
      throw whyNot(error as KitError);
    }
    const place = stored && { stream: stored.stream, sequence: stored.sequence };
    this.#observe?.({ type: "part-replied", request, part: index, to: to.replyTo, ...place });
  }
}

/** A part that is too large ends the request; everything else may pass, and what is stored stays stored. */
function whyNot(error: KitError): Error {
  if (error instanceof InvalidInput) return error;
  const old =
    error instanceof NotSetUp ? " (REPLIES may be from before there were parts: jsrr setup --update)" : "";
  return new RetryLater(`${error.message}${old}`, { delayMs: retryDelayMs, cause: error });
}

async function leave(parts: Parts): Promise<void> {
  try {
    await parts.return(undefined);
  } catch {
    // The first error is the one that is told.
  }
}

function refused(subject: string, why: string): Result {
  const order = subject.slice(subject.indexOf(".") + 1);
  const reason = `${order} answers in parts, which ${why}`;
  return { ending: "rejected", payload: reason, terminate: reason };
}

/** For handlers that the compiler has not seen. */
function requireAnswer(value: Answer): Answer {
  if (isAnswer(value)) return value;
  throw new TypeError(`the handler yielded ${value === null ? "null" : typeof value}, not text or bytes`);
}

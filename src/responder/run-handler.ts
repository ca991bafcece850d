// Handler run: runs one handler on one delivery, stores the parts that it yields, and turns its end into a result.
import { wait } from "../common/wait.js";
import type { Addressed } from "../protocol/dialects/index.js";
import {
  AlreadyStoredError,
  InvalidInputError,
  type KitError,
  NotPermittedError,
  NotSetUpError,
  UnreadablePayloadError,
} from "../protocol/errors.js";
import type { Observe, ResponderEvent, Status } from "../protocol/events.js";
import type { HeaderPair } from "../protocol/header-block.js";
import { type Body, carriesParts, isBody, partSubject } from "../protocol/headers.js";
import type { MessageContent } from "../protocol/message-content.js";
import { header, type QueueNames, type RequireAddress } from "../protocol/subjects.js";
import type { Delivery } from "./delivery.js";
import { type Handler, isParts, type Parts, replyContent } from "./handlers.js";
import { longestTimerMs } from "./options.js";
import { type ReplyPublisher, storeRetryMs } from "./reply-publisher.js";
import { RetryLaterError } from "./retry.js";

/** How a request ends: the reply's status and payload, and whether the request is acked or terminated. */
export interface Result {
  status: Status;
  payload: Body;
  /** The request is terminated for this reason, not acked. */
  terminate?: string;
  /** Terminated without a reply. */
  silent?: boolean;
  /** The failure may pass: there is no reply yet. `delayMs`: absent if the responder's `retry` decides. */
  retry?: { message: string; delayMs?: number | undefined };
  /** More headers of the reply. */
  headers?: readonly HeaderPair[] | undefined;
  /** Replaces a reply that could not be sent, and is short enough to be sent itself. */
  substitute?: boolean;
}

interface RunOptions {
  names: QueueNames;
  replies: ReplyPublisher;
  requireAddress: RequireAddress;
  isRunning(): boolean;
  /** Must not throw. */
  observe?: Observe<ResponderEvent> | undefined;
}

/** The handler's result: at once if the handler returns at once, and never a rejection. */
export function runHandler(handler: Handler, delivery: Delivery, options: RunOptions): Result | Promise<Result> {
  try {
    const reply = handler(delivery);
    if (isBody(reply)) return { status: "ok", payload: reply };
    return awaitReply(reply, delivery, options);
  } catch (error) {
    return failure(error, delivery);
  }
}

async function awaitReply(pending: ReturnType<Handler>, delivery: Delivery, options: RunOptions): Promise<Result> {
  try {
    const reply = await pending;
    if (isBody(reply)) return { status: "ok", payload: reply };
    if (isParts(reply)) return await storeParts(reply, delivery, options);
    return okResult(replyContent(reply, "returned"));
  } catch (error) {
    return failure(error, delivery);
  }
}

const okResult = ({ body, headers }: MessageContent): Result => ({ status: "ok", payload: body, headers });

/** What a handler threw, as a result. Does not throw: the value may be a Proxy, or an object whose properties throw. */
function failure(error: unknown, delivery: Delivery): Result {
  const payload = messageOf(error);
  if (delivery.noticedCancel) return { status: delivery.noticedCancel, payload };
  try {
    if (error instanceof UnreadablePayloadError) return { status: "rejected", payload, terminate: payload };
    if (error instanceof RetryLaterError) return { status: "error", payload, retry: retryOf(error, payload) };
  } catch {
    // It is none of these, then.
  }
  return { status: "error", payload };
}

/** A handler can throw any value, even one that cannot be turned into text. */
function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return "the handler threw something that has no text";
  }
}

/** `delayMs` may be anything by now. */
function retryOf({ delayMs }: RetryLaterError, message: string) {
  return typeof delayMs === "number" && delayMs >= 0 && delayMs <= longestTimerMs ? { message, delayMs } : { message };
}

// Parts: each one is stored before the handler goes on. So no part is stored before the one that it follows, and a slow
// stream slows the handler instead of filling the memory.

/**
 * The handler's last reply, or what it threw, with the number of parts before it. When the signal fires, the handler is
 * left at its next `yield`; its `finally` blocks run. If no part can reach the requester, the handler is not begun.
 */
async function storeParts(parts: Parts, delivery: Delivery, options: RunOptions): Promise<Result> {
  const to = delivery.addressed as Addressed;
  const refusal = whyNoParts(to, options);
  if (refusal) {
    const reason = `${delivery.subject} answers in parts, which ${refusal}`;
    return { status: "rejected", payload: reason, terminate: reason };
  }
  const { signal } = delivery;
  let count = 0;
  const counted = (result: Result): Result => ({
    ...result,
    headers: [...(result.headers ?? []), [header.replyParts, String(count)]],
  });
  try {
    for (;;) {
      const { value, done } = await parts.next();
      if (delivery.abandoned) throw new Error("abandoned");
      if (done) return counted(okResult(replyContent(value ?? "", "returned")));
      await storePart(delivery, to, count + 1, replyContent(value, "yielded"), options);
      count++;
      if (signal.aborted) throw new Error(`stopped after part ${count}`);
    }
  } catch (error) {
    await leave(parts);
    return counted(failure(error, delivery));
  }
}

/** Parts to a core subject go below its address, and have to be allowed there, too. */
function whyNoParts(to: Addressed, { names, requireAddress }: RunOptions): string | undefined {
  const { dialect, replyTo } = to;
  if (!carriesParts(names, to)) {
    return `a reply to ${replyTo} (${dialect.name}) cannot carry; ask with a mailbox or an inbox`;
  }
  if (names.isKept(replyTo)) return undefined;
  try {
    requireAddress(partSubject(replyTo, 1));
    return undefined;
  } catch (error) {
    return `go nowhere: ${(error as Error).message}; ask with a mailbox`;
  }
}

/** Waits until the part is stored: the handler has run up to here, and would run again after a NAK. */
async function storePart(delivery: Delivery, to: Addressed, index: number, part: MessageContent, options: RunOptions) {
  const { names, replies, observe, isRunning } = options;
  const { id: request, signal } = delivery;
  const began = performance.now();
  for (let pause = partPauseMs.first; ; pause = Math.min(2 * pause, partPauseMs.longest)) {
    try {
      const stored = await replies.storePart(to, request, index, part);
      const place = stored && { stream: stored.stream, sequence: stored.sequence };
      observe?.({ type: "part-replied", request, part: index, to: to.replyTo, ...place });
      return;
    } catch (error) {
      if (error instanceof AlreadyStoredError) return; // by an earlier attempt: that part is the valid one
      if (error instanceof InvalidInputError || error instanceof NotPermittedError) throw error;
      const { message } = error as KitError;
      const isMissing = error instanceof NotSetUpError && performance.now() - began > missingPartsMs;
      if (isMissing || !isRunning() || delivery.abandoned || signal.aborted)
        throw partNotStored(names, error as KitError);
      if (pause === partPauseMs.first) observe?.({ type: "not-stored", request, reason: `part ${index}: ${message}` });
    }
    await wait(pause);
  }
}

/** Milliseconds between the attempts to store a part: at first, and at most. */
const partPauseMs = { first: 250, longest: 5_000 };

/** Milliseconds for a stream that takes no parts: a cluster may be without a leader for a moment. */
const missingPartsMs = 10_000;

/** The handler runs again. What is stored stays stored. */
function partNotStored(names: QueueNames, error: KitError): Error {
  const old =
    error instanceof NotSetUpError
      ? ` (the reply stream may be from before there were parts: ${names.setupAdvice("--update")})`
      : "";
  return new RetryLaterError(`${error.message}${old}`, { delayMs: storeRetryMs, cause: error });
}

async function leave(parts: Parts): Promise<void> {
  try {
    await parts.return(undefined);
  } catch {
    // The first error is the one that is reported.
  }
}

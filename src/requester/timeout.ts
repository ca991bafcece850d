// The time-out of a request: finds out where the request is, cancels it when its policy says so, and rejects its call.
import type { NatsConnection } from "@nats-io/nats-core";
import PQueue from "p-queue";
import { wait } from "../common/wait.js";
import { endMs, resultBy } from "../connection/flush.js";
import type { CalledOff, OnTimeout } from "../protocol/cancel.js";
import { InvalidInputError, KitError, NoAnswerError } from "../protocol/errors.js";
import type { CancelOutcome, LabReplyStrategy, Observe, RequesterEvent, Whereabouts } from "../protocol/events.js";
import { timeToLiveS } from "../protocol/headers.js";
import { requireFeature, type Versioned } from "../protocol/server-version.js";
import type { QueueNames } from "../protocol/subjects.js";
import { type Cancellation, type EndedCancellation, placeOf, Withdrawal } from "./cancel.js";
import { formatHandle, type Handle } from "./handle.js";
import { type Located, locateIn } from "./locate.js";
import { requirePolicy } from "./options.js";
import type { PendingRequest, PendingRequests } from "./pending-requests.js";
import { QueueLook } from "./queue-look.js";
import { readStoredReply, type StoredReply } from "./stored-reply.js";
import type { Strategy } from "./strategies/strategy.js";

/** What the server answered about a request that timed out. */
export interface TimeOutFindings {
  whereabouts: Whereabouts;
  evidence: string;
  /** Messages left in the request stream; absent when the server did not answer. */
  remaining?: number;
}

/** What became of the request at the time-out. `kept`: it stays queued, as its policy says. */
export type TimeOutOutcome = "kept" | CancelOutcome;

/** The call gave up. The request did not fail: the error says where it is, and `handle` leads to its reply. */
export class RequestTimeoutError extends KitError {
  /** Collect the reply with it later, from any process. */
  readonly handle: Handle;
  /** Milliseconds the call waited. */
  readonly afterMs: number;
  readonly findings: TimeOutFindings;
  readonly outcome: TimeOutOutcome;
  /** Of several replies: how many parts had come. */
  readonly parts?: number;

  constructor(
    handle: Handle,
    afterMs: number,
    findings: TimeOutFindings,
    outcome: TimeOutOutcome = "kept",
    parts?: number,
  ) {
    const state = outcome === "removed" ? "removed" : findings.whereabouts;
    const where = state === "unknown" ? "" : ` It is ${state}:`;
    super(
      "timed-out",
      `${parts === undefined ? "No reply" : `No last reply (parts so far: ${parts})`} within ${afterMs} ms.${where} ${findings.evidence}. Come back with handle ${formatHandle(handle)}.`,
    );
    this.handle = handle;
    this.afterMs = afterMs;
    this.findings = findings;
    this.outcome = outcome;
    if (parts !== undefined) this.parts = parts;
  }

  /** The same, of a request that gets several replies. */
  after(parts: number): RequestTimeoutError {
    return new RequestTimeoutError(this.handle, this.afterMs, this.findings, this.outcome, parts);
  }
}

/**
 * Milliseconds that an overdue request still waits for its PubAck: without its sequence the request cannot be found, and a busy
 * process may have the PubAck in its socket when the timer fires.
 */
const latePubAckMs = 500;

/** Milliseconds; a server that is frozen or gone must not hold up a question about a time-out for longer. */
const answerMs = 2_000;

/** Thousands of requests may time out at once; asked about all of them at once, the server would answer none in time. */
const atOnce = 64;

/** Milliseconds after the end of a message's time to live until the server has removed it. */
const afterLifeMs = 2_000;

type Found = TimeOutFindings & { reply?: StoredReply };

const noAnswer: Found = { whereabouts: "unknown", evidence: "the server did not say in time where it is" };

/** A cancellation; `unanswered` if the server has not answered yet. */
type Attempted = Cancellation & { unanswered?: boolean };

interface TimeoutOptions {
  names: QueueNames;
  strategy: Strategy;
  pending: PendingRequests;
  observe?: Observe<RequesterEvent> | undefined;
}

/**
 * The time-outs of one requester. One look at the queue is for all that are overdue together; what it does not settle is asked one by one,
 * 64 at a time. 2.3 s after a request was overdue its call ends, with or without the server's answer.
 */
export class Timeouts {
  readonly #nc: NatsConnection;
  readonly #options: TimeoutOptions;
  readonly #questions = new PQueue({ concurrency: atOnce });
  /** Withdrawals that had no answer in time. */
  readonly #unfinished = new PQueue({ concurrency: atOnce });
  readonly #look: QueueLook;
  #unansweredAt = Number.NEGATIVE_INFINITY;

  constructor(nc: NatsConnection, options: TimeoutOptions) {
    this.#nc = nc;
    this.#options = options;
    this.#look = new QueueLook(nc, options.names, answerMs);
  }

  /** Ends the request, unless its reply does so first. Never rejects. */
  async onOverdue(request: PendingRequest): Promise<void> {
    const overdueAt = performance.now();
    const afterMs = Math.round(overdueAt - request.sentAt);
    // Aborted by its caller, it did not expire.
    const status = request.hasCaller ? statuses[request.onTimeout] : "cancelled";
    if (request.sequence === 0) await pubAckOf(request);
    if (!request.isOpen) return; // its reply was as fast
    const until = overdueAt + endMs;
    if (status) return this.#cancel(request, status, afterMs, until);
    const { pending, observe } = this.#options;
    const { reply, ...findings } = await this.#locate(request, until);
    if (!request.isOpen) return; // its reply arrived in the meantime, or the requester was closed
    // Better late than a time-out.
    if (reply) return pending.settleRead(request, reply);
    pending.giveUp(request, { late: true });
    request.reject(new RequestTimeoutError(pending.handle(request), afterMs, findings));
    observe?.({ type: "timed-out", request: request.id, afterMs, ...findings });
  }

  async #cancel(request: PendingRequest, status: CalledOff, afterMs: number, until: number): Promise<void> {
    const { names, pending, strategy } = this.#options;
    // The stream may hold a request that was sent before under the same id.
    const sentAt = request.duplicate ? undefined : request.sentAt;
    const withdrawal = new Withdrawal(this.#nc, names, pending.handle(request), status, sentAt);
    withdrawal.answerMs = answerMs; // its caller waits no longer, and then it is asked again
    request.withdrawnAs = status;
    const found = await this.#attempt(withdrawal, until);
    if (!request.isOpen) return;
    const { reply: stored } = found;
    if (stored) return pending.settleRead(request, stored);
    // From here on no message settles it: the status that is stored below arrives as a message, too.
    const copyExpected = found.mailbox !== undefined && strategy.readable;
    pending.giveUp(request, { late: found.outcome !== "removed", copyExpected });
    const cancelled = await resultBy(
      until,
      () => withdrawal.end(found),
      () => notStoredYet(found),
    );
    const { unstored } = cancelled;
    // The copy of a status that is stored later is no reply to a request that was removed.
    const storedLater = unstored && found.outcome === "removed";
    if (!cancelled.stored && !storedLater) pending.expectNoCopy(request);
    const { reply } = cancelled;
    if (reply) pending.resolve(request, reply);
    else this.#cancelled(request, status, afterMs, cancelled);
    if (request.replyToCancel) pending.settle(request.id, request.replyToCancel);
    if (found.unanswered || unstored) {
      void this.#finish(request, status, withdrawal, found.unanswered ? undefined : found);
    } else if (status === "expired" && !reply && !cancelled.stored) void this.#endAfterLife(request, withdrawal);
  }

  #cancelled(
    request: PendingRequest,
    status: CalledOff,
    afterMs: number,
    { outcome, where, evidence, stored }: EndedCancellation,
  ): void {
    const { pending, observe } = this.#options;
    const findings: TimeOutFindings = { whereabouts: where ?? whereabouts[outcome], evidence };
    request.reject(new RequestTimeoutError(pending.handle(request), afterMs, findings, outcome));
    if (stored) observe?.({ type: "status-stored", request: request.id, status, ...placeOf(stored) });
    const event = { type: "timed-out", request: request.id, afterMs, ...findings, withdrawn: outcome } as const;
    observe?.(outcome === "removed" ? { ...event, status } : event);
  }

  /** Never rejects. What has no answer when the server's time is up is `unknown` for the caller, and has to be finished. */
  #attempt(withdrawal: Withdrawal, until: number): Promise<Attempted> {
    const failed = (error: Error): Attempted => ({
      outcome: "unknown",
      evidence: withoutDot(error.message),
      unanswered: error instanceof NoAnswerError,
    });
    const unanswered: Attempted = {
      outcome: "unknown",
      evidence: `${noAnswer.evidence}; it is withdrawn when the server answers`,
      unanswered: true,
    };
    return this.#ask(() => withdrawal.attempt().catch(failed), unanswered, until);
  }

  /**
   * The server removes the message at the end of its time to live, also while it waits for its next delivery: then no responder
   * stores a status. Never rejects.
   */
  async #endAfterLife(request: PendingRequest, withdrawal: Withdrawal): Promise<void> {
    const lifeMs = 1_000 * timeToLiveS(request.deadline - request.sentAt);
    const left = lifeMs + afterLifeMs - (performance.now() - request.sentAt);
    await wait(Math.max(0, left), { ref: false });
    withdrawal.lifeIsOver = true;
    // While a responder has it in hand, that one will store its reply, unless it crashes.
    while (!this.#nc.isClosed() && (await this.#finish(request, "expired", withdrawal)) === "already-running") {
      await wait(lifeMs, { ref: false });
    }
  }

  /** In the background: the caller has its error already. Never rejects. @returns the outcome, if there is one. */
  async #finish(
    request: PendingRequest,
    status: CalledOff,
    withdrawal: Withdrawal,
    found?: Cancellation,
  ): Promise<CancelOutcome | undefined> {
    const { pending, observe } = this.#options;
    const ended = await this.#unfinished.add(() => withdrawal.finish(found));
    if (!ended || pending.broken) return ended?.outcome;
    const { outcome, evidence, stored } = ended;
    if (withdrawal.lifeIsOver && !stored) return outcome; // it has ended, or will end, without this requester
    if (stored) observe?.({ type: "status-stored", request: request.id, status, ...placeOf(stored) });
    observe?.({ type: "withdrawn", request: request.id, withdrawn: outcome, status, evidence });
    return outcome;
  }

  /** Never rejects. With `reply` the request was answered after all. */
  async #locate(request: PendingRequest, until: number): Promise<Found> {
    const { names, strategy, observe, pending } = this.#options;
    const askedAt = performance.now();
    const handle = pending.handle(request);
    const look = () => this.#look.ask(request);
    const seen = strategy.timedOut ? undefined : await resultBy(until, look, () => undefined);
    if (seen && !seen.mayBeAnswered) return foundOf(seen);
    const locateAlone = () => strategy.timedOut?.(this.#nc, handle, observe) ?? locateIn(this.#nc, names, handle);
    const find = async (): Promise<Found> => {
      try {
        if (!seen) return foundOf(await locateAlone());
        const reply = await readStoredReply(this.#nc, names, handle, answerMs);
        return reply ? { ...foundOf(seen), reply } : foundOf(seen);
      } catch (error) {
        return { whereabouts: "unknown", evidence: withoutDot((error as Error).message) };
      }
    };
    return this.#ask(find, noAnswer, until, askedAt);
  }

  #ask<T>(question: () => Promise<T>, unanswered: T, until: number, askedAt = performance.now()): Promise<T> {
    // Once the server has left one question unanswered, those behind it need not wait as long again.
    return this.#questions.add(async () => {
      // The time counts from when the request was overdue: of thousands, the last ones may get no turn in it.
      const answerBy = Math.min(askedAt + answerMs, until);
      const leftMs = answerBy - performance.now();
      if (askedAt <= this.#unansweredAt || leftMs <= 0) return unanswered;
      return resultBy(answerBy, question, () => {
        // Of a question that had little time left, the silence says nothing of the server.
        if (leftMs > answerMs / 2) this.#unansweredAt = performance.now();
        return unanswered;
      });
    });
  }
}

/** The status of a request that is withdrawn has to be stored, and was not in time. */
function notStoredYet(found: Cancellation): EndedCancellation {
  const evidence = `${found.evidence}; its status is stored when the server answers`;
  return { ...found, evidence, unstored: new NoAnswerError(`The status was not stored within ${endMs} ms.`) };
}

const foundOf = ({
  where,
  evidence,
  remaining,
  reply,
}: Pick<Located, "where" | "evidence" | "remaining" | "reply">): Found => ({
  ...{ whereabouts: where, evidence, remaining },
  ...(reply && { reply }),
});

/** Resolves when the PubAck has come, or the time for it is up, too. */
function pubAckOf(request: PendingRequest): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, latePubAckMs);
    request.onPubAck = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

const withoutDot = (text: string) => text.replace(/\.$/, "");

/** The status that a request gets at its time-out; undefined when it stays queued. */
const statuses: Record<OnTimeout, CalledOff | undefined> = { keep: undefined, cancel: "cancelled", expire: "expired" };

const whereabouts: Record<CancelOutcome, Whereabouts> = {
  removed: "ended",
  "already-running": "running",
  stuck: "stuck",
  "already-answered": "replied",
  unknown: "unknown",
};

/**
 * @throws InvalidInputError when the policy is none, or contradicts what the strategy does at a time-out itself; ServerTooOldError
 * when the server cannot let a request expire.
 */
export function requireUsable(server: Versioned, strategy: LabReplyStrategy, policy: OnTimeout): void {
  if (strategy === "trial") {
    throw new InvalidInputError(`Expected onTimeout to be keep with the trial, which deletes what it gives up on.`);
  }
  if (requirePolicy(policy) === "expire") requireFeature(server, "message-ttl", 'onTimeout: "expire"');
}

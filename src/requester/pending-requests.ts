// The table of one requester's requests: those that wait, under one timer, and those whose reply may still come; and the call of each.
import { Deadlines, OneTimer, Place, type Waiting } from "../connection/deadline-table.js";
import type { UnconfirmedRequest } from "../connection/publish.js";
import type { CalledOff, OnTimeout } from "../protocol/cancel.js";
import { ClosedError, DuplicateIdError, KitError, NoAnswerError, ServerRefusedError } from "../protocol/errors.js";
import type { Observe, RequesterEvent } from "../protocol/events.js";
import type { HeaderPair } from "../protocol/header-block.js";
import type { Body, ReceivedReply, Reply } from "../protocol/headers.js";
import type { QueueNames } from "../protocol/subjects.js";
import type { CancelResult } from "./cancel.js";
import { formatHandle, type Handle, handleOf } from "./handle.js";

/**
 * - waiting: its caller waits for the reply.
 * - overdue: its time is up, and the requester finds out where the request is. A reply that arrives meanwhile still counts.
 * - late: its caller got an error. Its reply, when it comes, is a late one.
 * - settled: its caller has the reply. It stays in the table only while a copy of the reply is expected.
 */
type State = "waiting" | "overdue" | "late" | "settled";

/** One request, from its publish on. It is the table's entry and the timer's. */
export class PendingRequest implements Waiting<PendingRequest>, UnconfirmedRequest {
  readonly place = new Place<PendingRequest>();
  readonly id: string;
  readonly subject: string;
  readonly sentAt: number;
  readonly deadline: number;
  readonly onTimeout: OnTimeout;
  state: State = "waiting";
  /** Of the request in its stream; 0 until the PubAck comes. */
  sequence = 0;
  /** Its caller chose the id, which may have been used before: its reply has to name its subject, or none. */
  idGiven = false;
  /** While it is withdrawn: the status that its handler ends with if it heeds the cancel, and a reply with that status. */
  withdrawnAs: CalledOff | undefined = undefined;
  replyToCancel: Reply | undefined = undefined;
  /** Its PubAck says that the stream held a request with this id already. */
  duplicate = false;
  /** Kept until the PubAck comes, because the request may have to be published again. */
  payload: Body | undefined = undefined;
  /** The caller's, kept as long as the payload. */
  headers: readonly HeaderPair[] | undefined = undefined;
  publishedAgain = 0;
  /** Another requester sent this id first, and the reply goes to its mailbox. */
  mailboxOf: string | undefined = undefined;
  /** Set while an overdue request still waits for its PubAck. */
  onPubAck: (() => void) | undefined = undefined;
  /** Its PubAck came, and the mailbox that gets its reply is known. */
  handleKnown = false;
  /** Set while its caller waits for its handle. */
  onHandle: (() => void) | undefined = undefined;
  /** Set if its caller gave a signal: takes the listener away. */
  onEnd: (() => void) | undefined = undefined;
  /** The reply was read where it is stored, or stored by this requester: the same one arrives as a message, too. */
  copyExpected = false;
  #resolve: ((reply: Reply) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;

  constructor(
    id: string,
    subject: string,
    timeoutMs: number,
    onTimeout: OnTimeout,
    resolve: (reply: Reply) => void,
    reject: (error: Error) => void,
  ) {
    this.id = id;
    this.subject = subject;
    this.sentAt = performance.now();
    this.deadline = this.sentAt + timeoutMs;
    this.onTimeout = onTimeout;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** The stream holds it under this sequence. */
  confirm(sequence: number): void {
    this.sequence = sequence;
    this.payload = undefined;
    this.headers = undefined;
    this.onPubAck?.();
    if (!this.duplicate) this.resolveHandle();
  }

  /** The caller may have the handle. */
  resolveHandle(): void {
    this.handleKnown = true;
    this.onHandle?.();
  }

  get isUnconfirmed(): boolean {
    return this.sequence === 0 && this.isOpen;
  }

  /** The caller's promise resolves. */
  resolve(reply: Reply): void {
    this.#resolve?.(reply);
    this.#forgetCaller();
  }

  /** The caller's promise rejects. */
  reject(error: Error): void {
    this.#reject?.(error);
    this.#forgetCaller();
  }

  /** A former table of the Map that finds this request may keep it in memory: it must not keep the payload and the reply, too. */
  #forgetCaller(): void {
    this.onEnd?.();
    this.onEnd = undefined;
    this.#resolve = undefined;
    this.#reject = undefined;
    this.payload = undefined;
    this.headers = undefined;
  }

  /** Its caller has neither reply nor error yet. */
  get hasCaller(): boolean {
    return this.#resolve !== undefined;
  }

  /** Whether its caller still waits. */
  get isOpen(): boolean {
    return this.state === "waiting" || this.state === "overdue";
  }
}

/**
 * The caller ended the call, by `signal` or by `call.cancel()`. `cause` is the signal's reason. With `onTimeout: "keep"` the request
 * stays queued, and `handle` leads to its reply; with `cancel` and `expire` it is cancelled in the background.
 */
export class RequestAbortedError extends KitError {
  /** Its `sequence` is 0 if the PubAck had not come, or if nothing was sent. */
  readonly handle: Handle;

  constructor(handle: Handle, reason: string, options?: ErrorOptions) {
    super(
      "aborted",
      `Request ${handle.request} was aborted: ${reason}. Its handle is ${formatHandle(handle)}.`,
      options,
    );
    this.handle = handle;
  }
}

/** What a call asks of its requester. */
export interface CallHost {
  handle(request: PendingRequest): Handle;
  cancel(handle: Handle): Promise<CancelResult>;
  /** The call ends here, and its request is left as it is. */
  reject(request: PendingRequest, error: Error): void;
}

/** What `requester.request` returns: a promise of the reply, which also knows the handle of the request. */
export class RequestCall<Json = unknown> extends Promise<Reply<Json>> {
  #host: CallHost | undefined;
  #request: PendingRequest | undefined;
  #stored: Promise<Handle> | undefined;
  #onHandle: ((handle: Handle) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;
  /** Set while the request waits for its turn. */
  #unsent: Handle | undefined;

  /** The request is published. @internal */
  published(host: CallHost, request: PendingRequest | undefined): void {
    this.#host = host;
    this.#request = request;
    this.#unsent = undefined;
    if (this.#onHandle) this.#resolveHandle();
  }

  /** The request waits for its turn (`maxOutstanding`). @internal */
  waits(unsent: Handle, reject: (error: Error) => void): void {
    this.#unsent = unsent;
    this.#reject = reject;
  }

  /** Cancelled while it waited for its turn: it must not be published. */
  get isCancelled(): boolean {
    return this.#host === undefined && this.#unsent === undefined;
  }

  /**
   * Resolves with the handle when the stream has the request (PubAck). If the reply comes first, the handle has sequence 0. Rejects with
   * the call's own error if the call ends before that. A caller that has read `stored` need not await the call itself.
   */
  get stored(): Promise<Handle> {
    if (this.#stored) return this.#stored;
    this.#stored = new Promise<Handle>((resolve, reject) => {
      this.#onHandle = resolve;
      this.then(() => this.#request && resolve((this.#host as CallHost).handle(this.#request)), reject);
    });
    this.#stored.catch(() => {}); // the call rejects, too
    this.#resolveHandle();
    return this.#stored;
  }

  /**
   * Cancels the request, as `requester.cancel(handle)` does, as soon as its handle is known. Its reply, usually with the status
   * `cancelled`, resolves the call. If no reply will come, because nothing was sent or because an inbox stores none, the call
   * rejects with RequestAbortedError.
   * @throws the call's own error if it ends before the stream has the request, and as the function `cancel`.
   */
  async cancel(): Promise<CancelResult> {
    const { request } = this.#unsent ?? {};
    if (this.#unsent && request) {
      this.#reject?.(new RequestAbortedError(this.#unsent, "it was cancelled before it was sent"));
      this.#unsent = undefined;
      return { outcome: "removed", evidence: `request ${request} was not sent yet` };
    }
    const handle = await this.stored;
    const host = this.#host as CallHost;
    const result = await host.cancel(handle);
    const unanswered = result.outcome === "removed" && !result.stored;
    if (unanswered && this.#request) {
      host.reject(this.#request, new RequestAbortedError(handle, "it was cancelled before any responder had it"));
    }
    return result;
  }

  #resolveHandle(): void {
    const request = this.#request;
    if (!request) return;
    const resolve = () => this.#onHandle?.((this.#host as CallHost).handle(request));
    if (request.handleKnown) resolve();
    else request.onHandle = resolve;
  }
}

// `await` and `then` use the constructor: with the plain one they cost what they cost for any promise, and `then` gives a plain promise.
Object.defineProperty(RequestCall.prototype, "constructor", { value: Promise });

interface PendingOptions {
  names: QueueNames;
  /** The requester's. */
  name: string;
  /** Where its replies are stored, as its handles say it. */
  store: Handle["store"];
  observe?: Observe<RequesterEvent> | undefined;
  onLateReply?: ((reply: Reply, handle: Handle) => void) | undefined;
  /** A request's time is up. It stays in the table until it is settled, rejected or given up. */
  onOverdue(request: PendingRequest): void;
}

/** Beyond this many the oldest is forgotten: its reply is still stored, it only counts as no request's of this requester. */
const most = { givenUp: 10_000, unawaited: 100_000 };

/** Each request ends once: with a reply, in time or late, or with an error. */
export class PendingRequests {
  /** Replies that belong to no request of this requester: another's of the same name, or second ones. */
  orphaned = 0;
  /** Why there can be no further requests. */
  broken: Error | undefined;
  readonly #byId = new Map<string, PendingRequest>();
  readonly #deadlines = new Deadlines<PendingRequest>();
  readonly #timer = new OneTimer(() => this.#onTimer());
  /** Those of the table that have ended, the oldest first. */
  readonly #ended = new Set<PendingRequest>();
  /** Ids that were sent without waiting for a reply. */
  readonly #unawaited = new Set<string>();
  readonly #options: PendingOptions;

  constructor(options: PendingOptions) {
    this.#options = options;
  }

  /** How many wait for their reply. */
  get waiting(): number {
    return this.#byId.size - this.#ended.size;
  }

  add(request: PendingRequest, timeoutMs: number): void {
    this.#byId.set(request.id, request);
    this.#deadlines.add(request, timeoutMs);
    this.#timer.arm(request.deadline);
  }

  /** One that still waits. */
  get(id: string): PendingRequest | undefined {
    const request = this.#byId.get(id);
    return request?.isOpen ? request : undefined;
  }

  /** Those that still wait. */
  open(): PendingRequest[] {
    return [...this.#byId.values()].filter((request) => request.isOpen);
  }

  handle({ id, sequence, mailboxOf = this.#options.name }: PendingRequest): Handle {
    return handleOf(this.#options.names, mailboxOf, this.#options.store, id, sequence);
  }

  /** A reply has arrived. */
  settle(id: string, reply: Reply): void {
    const request = this.#byId.get(id);
    if (request?.isOpen) {
      // The cancel's own effect does not overtake its outcome.
      if (request.withdrawnAs === reply.status) {
        request.replyToCancel = reply;
        return;
      }
      this.#end(request, "settled");
      this.#byId.delete(id);
      this.resolve(request, reply);
    } else this.#settleLate(id, request, reply);
  }

  /** The reply was read where it is stored. The copy that is perhaps on its way here is no second one. */
  settleRead(request: PendingRequest, reply: Reply): void {
    if (request.isOpen) {
      this.giveUp(request, { late: false, copyExpected: true });
      this.resolve(request, reply);
    } else if (request.state === "late" && !request.copyExpected) {
      request.state = "settled";
      request.copyExpected = true;
      this.#resolveLate(request, reply);
    }
  }

  /** For a request that was given up while its fate was found out. */
  resolve(request: PendingRequest, reply: Reply): void {
    if (!request.hasCaller) {
      this.#resolveLate(request, reply);
      return;
    }
    const error = request.idGiven ? otherSubject(request, (reply as ReceivedReply).requestSubject) : undefined;
    if (error) {
      request.reject(error);
      this.#options.observe?.({ type: "request-failed", request: request.id, error: error.message });
      return;
    }
    request.resolve(reply);
    this.#options.observe?.(received(request.id, reply, false));
  }

  reject(request: PendingRequest, error: Error): void {
    if (!request.isOpen) return;
    this.giveUp(request, { late: false });
    request.reject(error);
    const open = mayBeStored(error) ? { open: true as const } : {};
    this.#options.observe?.({ type: "request-failed", request: request.id, error: error.message, ...open });
  }

  /** The caller ends its call. `keep`: the request stays where it is; else it is cancelled as at a time-out, in the background. */
  abort(request: PendingRequest, reason: string, cause?: unknown): void {
    if (!request.isOpen || !request.hasCaller) return;
    const error = new RequestAbortedError(this.handle(request), reason, { cause });
    if (request.onTimeout === "keep") {
      this.giveUp(request, { late: true });
      request.reject(error);
      this.#options.observe?.({ type: "request-failed", request: request.id, error: error.message, open: true });
      return;
    }
    const isWaiting = request.state === "waiting";
    this.#end(request, "overdue");
    request.reject(error);
    if (isWaiting) this.#options.onOverdue(request);
  }

  /** A PubAck of a request whose caller has its error already: a cancel in the background needs the sequence. */
  confirmEnded(id: string, sequence: number): void {
    const request = this.#byId.get(id);
    if (request?.sequence === 0) request.confirm(sequence);
  }

  /**
   * From here on no reply settles this request.
   * @param late its reply, when it comes, is a late one.
   * @param copyExpected one message is the copy of a reply that is known already.
   */
  giveUp(request: PendingRequest, { late, copyExpected = false }: { late: boolean; copyExpected?: boolean }): void {
    this.#end(request, late ? "late" : "settled");
    request.copyExpected = copyExpected;
    if (!late && !copyExpected) {
      this.forget(request);
      return;
    }
    this.#ended.add(request);
    const [oldest] = this.#ended.size > most.givenUp ? this.#ended : [];
    if (oldest) this.forget(oldest);
  }

  /** No copy of the reply comes after all. */
  expectNoCopy(request: PendingRequest): void {
    request.copyExpected = false;
    if (request.state === "settled") this.forget(request);
  }

  forget(request: PendingRequest): void {
    this.#ended.delete(request);
    if (this.#byId.get(request.id) === request) this.#byId.delete(request.id);
  }

  /** A request with this id has ended and is sent again: what is known of the first one is about the second one. */
  forgetEnded(id: string): void {
    const request = this.#byId.get(id);
    if (request && !request.isOpen) this.forget(request);
  }

  /** Its reply belongs to this requester, although no caller waits for it. */
  addUnawaited(id: string): void {
    this.#unawaited.add(id);
    const [oldest] = this.#unawaited.size > most.unawaited ? this.#unawaited : [];
    if (oldest !== undefined) this.#unawaited.delete(oldest);
  }

  /** The requester cannot go on. The first error counts: an observer may fail again at the events of the requests that end here. */
  fail(error: Error): void {
    if (this.broken) return;
    this.broken = error;
    this.#timer.cancel();
    for (const request of this.open()) this.reject(request, error);
  }

  /** The requester is closed: no event about the requests that still wait, only their callers get an error. */
  close(reason: Error, toCallers: Error): void {
    this.broken ??= reason;
    this.#timer.cancel();
    for (const request of this.open()) {
      this.giveUp(request, { late: false });
      request.reject(toCallers);
    }
  }

  #end(request: PendingRequest, state: State): void {
    request.state = state;
    this.#deadlines.remove(request);
  }

  #settleLate(id: string, request: PendingRequest | undefined, reply: Reply): void {
    if (request?.copyExpected) this.expectNoCopy(request);
    else if (request) {
      request.state = "settled"; // a read of its mailbox may be on its way
      this.forget(request);
      this.#resolveLate(request, reply);
    } else if (!this.#unawaited.delete(id)) {
      this.orphaned++;
      const { status, text: payload } = reply;
      this.#options.observe?.({ type: "orphaned-reply", request: id, status, payload });
    }
  }

  #resolveLate(request: PendingRequest, reply: Reply): void {
    const { observe, onLateReply } = this.#options;
    observe?.(received(request.id, reply, true));
    onLateReply?.(reply, this.handle(request));
  }

  #onTimer(): void {
    for (const request of this.#deadlines.takeDue(performance.now())) {
      request.state = "overdue";
      this.#options.onOverdue(request);
    }
    const next = this.#deadlines.next();
    if (next !== undefined) this.#timer.arm(next);
  }
}

function received(request: string, { status, text, parts }: Reply, late: boolean): RequesterEvent {
  const before = parts === undefined ? {} : { parts };
  return { type: "received", request, status, payload: text, late, ...before };
}

/** The error of a request whose id was sent before on another subject; undefined if the subject is the same, or not known. */
export function otherSubject({ id, subject }: Pick<PendingRequest, "id" | "subject">, first: string | undefined) {
  if (first === undefined || first === subject) return undefined;
  return new DuplicateIdError(
    `Request id ${id} was sent before on ${first}, so the stream did not store the one on ${subject}; use another id.`,
  );
}

/** The server may have the request all the same: a refusal that is not understood, or no answer at all. */
export const mayBeStored = (error: Error) =>
  !(error instanceof KitError) ||
  error instanceof ClosedError ||
  error instanceof NoAnswerError ||
  error instanceof ServerRefusedError;

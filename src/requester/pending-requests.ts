// The calls of one requester that have not ended. Each ends once: whoever takes it out settles it.

import { OneTimer, PendingTable, type Waiting } from "../connection/deadline-table.js";
import type { OnTimeout } from "../protocol/cancel.js";
import { ClosedError, KitError, NoAnswerError, ServerRefusedError } from "../protocol/errors.js";
import type { Observe, RequesterEvent } from "../protocol/events.js";
import type { Reply } from "../protocol/messages.js";
import type { Handle } from "./handle.js";

export interface Call extends Waiting {
  subject: string;
  sentAt: number;
  /** Of the request in its stream; 0 until the PubAck comes. */
  sequence: number;
  onTimeout: OnTimeout;
  /** Another requester sent this id first, and the reply goes to its mailbox. */
  mailboxOf?: string;
  /** Set while somebody waits for the PubAck of a call whose time is up. */
  onStored?: () => void;
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

export class OpenCalls {
  readonly #inTime = new PendingTable<Call>();
  /** Their time is up, and where their requests are is being found out. A reply that arrives meanwhile counts. */
  readonly #overdue = new Map<string, Call>();
  readonly #timer = new OneTimer(() => this.#onTimer());
  readonly #onOverdue: (call: Call) => void;

  constructor(onOverdue: (call: Call) => void) {
    this.#onOverdue = onOverdue;
  }

  get size(): number {
    return this.#inTime.size + this.#overdue.size;
  }

  add(call: Call, timeoutMs: number): void {
    this.#inTime.add(call, timeoutMs);
    this.#timer.arm(call.deadline);
  }

  get(id: string): Call | undefined {
    return this.#inTime.get(id) ?? this.#overdue.get(id);
  }

  /** Removes and returns the call, or undefined when it has ended. */
  take(id: string): Call | undefined {
    const call = this.#inTime.take(id);
    if (call) return call;
    const overdue = this.#overdue.get(id);
    this.#overdue.delete(id);
    return overdue;
  }

  all(): Call[] {
    return [...this.#inTime.all(), ...this.#overdue.values()];
  }

  /** Nothing falls due any more. */
  stop(): void {
    this.#timer.cancel();
  }

  #onTimer(): void {
    for (const call of this.#inTime.takeDue(performance.now())) {
      this.#overdue.set(call.id, call);
      this.#onOverdue(call);
    }
    const next = this.#inTime.nextDeadline();
    if (next !== undefined) this.#timer.arm(next);
  }
}

// How the calls of one requester end: with a reply, in time or late, or with an error. Each ends once.

interface SettlingOptions {
  observe?: Observe<RequesterEvent>;
  onLateReply?(reply: Reply, handle: Handle): void;
}

export class Settling {
  readonly calls: OpenCalls;
  /** Calls that gave up, and whose replies may come yet. */
  readonly late = new LateCalls();
  /** Statuses that this requester stores itself, and replies that it read; they come to it as any reply does. */
  readonly own = new LateCalls();
  /** Replies that belong to no call, open or given up. */
  orphaned = 0;
  /** Why there can be no further calls. */
  broken: Error | undefined;
  readonly #options: SettlingOptions;

  constructor(options: SettlingOptions, onOverdue: (call: Call) => void) {
    this.#options = options;
    this.calls = new OpenCalls(onOverdue);
  }

  settle(id: string, reply: Reply): void {
    const call = this.calls.take(id);
    if (!call) {
      this.#settleLate(id, reply);
      return;
    }
    this.resolve(call, reply);
  }

  /** For a call that was taken out. */
  resolve(call: Call, reply: Reply): void {
    call.resolve(reply); // first: an observer that throws must not leave the caller waiting
    this.#options.observe?.(received(call.id, reply, false));
  }

  reject(id: string, error: Error): void {
    const call = this.calls.take(id);
    if (!call) return;
    call.reject(error);
    const open = rulesNothingOut(error) ? { open: true as const } : {};
    this.#options.observe?.({ type: "request-failed", request: id, error: error.message, ...open });
  }

  rejectWhere(concerned: (call: Call) => boolean, error: Error): void {
    for (const call of this.calls.all()) if (concerned(call)) this.reject(call.id, error);
  }

  /** Nobody waits for this call any more; its reply, should it come, is a late one. */
  leave(call: Call, handle: Handle, why: Error): void {
    this.calls.take(call.id);
    this.late.add(handle);
    call.reject(why);
  }

  /** The requester cannot go on. */
  fail(error: Error): void {
    this.broken ??= error;
    this.calls.stop();
    for (const { id } of this.calls.all()) {
      try {
        this.reject(id, error);
      } catch {
        // The observer threw again; `error` is already told.
      }
    }
  }

  /** The caller wants no more of it: nothing is told of the calls that still wait, except to them. */
  close(reason: Error, toCalls: Error): void {
    this.broken ??= reason;
    this.calls.stop();
    for (const { id } of this.calls.all()) this.calls.take(id)?.reject(toCalls);
  }

  /** An observer's error in a callback would end the client's reading from the server, or the process: it ends this requester. */
  guarded(act: () => void): void {
    try {
      act();
    } catch (thrown) {
      this.fail(thrown as Error);
    }
  }

  /** With a reply that was read where it is stored: the copy that is perhaps on its way here is no second one. */
  settleRead(call: Call, handle: Handle, reply: Reply): void {
    if (this.calls.get(call.id) !== call && !this.late.has(call.id)) return;
    this.settle(call.id, reply);
    this.own.add(handle);
  }

  #settleLate(id: string, reply: Reply): void {
    if (this.own.take(id)) return;
    const handle = this.late.take(id);
    const { status, text: payload } = reply;
    if (!handle) {
      this.orphaned++;
      this.#options.observe?.({ type: "orphaned-reply", request: id, status, payload });
      return;
    }
    this.#options.observe?.(received(id, reply, true));
    this.#options.onLateReply?.(reply, handle);
  }
}

function received(request: string, { status, text, parts }: Reply, late: boolean): RequesterEvent {
  const before = parts === undefined ? {} : { parts };
  return { type: "received", request, status, payload: text, late, ...before };
}

/** The server may have the request all the same: a refusal that is not understood, or no answer at all. */
export const rulesNothingOut = (error: Error) =>
  !(error instanceof KitError) ||
  error instanceof ClosedError ||
  error instanceof NoAnswerError ||
  error instanceof ServerRefusedError;

// The handles of calls that gave up, so that their late replies are told apart from strangers'.

/** Beyond this many the oldest is forgotten: its reply is still stored, it is only no longer called late. */
const most = 10_000;

class LateCalls {
  readonly #handles = new Map<string, Handle>();

  add(handle: Handle): void {
    this.#handles.set(handle.request, handle);
    if (this.#handles.size <= most) return;
    const [oldest] = this.#handles.keys();
    this.#handles.delete(oldest as string);
  }

  has(id: string): boolean {
    return this.#handles.has(id);
  }

  /** Once for each that was added. */
  take(id: string): Handle | undefined {
    const handle = this.#handles.get(id);
    this.#handles.delete(id);
    return handle;
  }
}

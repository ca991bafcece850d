// The calls of one requester that have not ended. Each ends once: whoever takes it out settles it.
import type { Reply } from "../protocol/messages.js";
import { OneTimer } from "../protocol/one-timer.js";
import { PendingTable, type Waiting } from "../protocol/pending.js";
import type { OnTimeout } from "./options.js";

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

// What calls whose time is up find out: where their requests are, as far as the server says so without much ado.
import type { NatsConnection } from "@nats-io/nats-core";
import PQueue from "p-queue";
import type { CalledOff } from "../protocol/cancels.js";
import type { Handle } from "./handle.js";
import type { TimeOutFindings } from "./timed-out.js";
import type { Located, StoredReply } from "./whereabouts.js";
import { type Withdrawal, withdraw } from "./withdraw.js";

/** Milliseconds; a server that is frozen or gone must not hold up a caller's time-out for longer. */
const patienceMs = 2_000;

/** Thousands of calls may time out at once; asked about all of them at once, the server would answer none in time. */
const atOnce = 64;

type Found = TimeOutFindings & { reply?: StoredReply };

const silence: Found = {
  whereabouts: "unknown",
  evidence: `the server did not say within ${patienceMs} ms where it is`,
};

export class FindOut {
  readonly #locate: (handle: Handle) => Promise<Located>;
  readonly #nc: NatsConnection;
  readonly #queue = new PQueue({ concurrency: atOnce });
  #silentAt = Number.NEGATIVE_INFINITY;

  constructor(nc: NatsConnection, locate: (handle: Handle) => Promise<Located>) {
    this.#nc = nc;
    this.#locate = locate;
  }

  /** Never rejects. What is still under way when the patience ends may happen yet: it is then unknown. */
  withdraw(handle: Handle, ending: CalledOff): Promise<Withdrawal> {
    const unknown = (evidence: string): Withdrawal => ({ withdrawn: "unknown", evidence });
    return this.#ask(
      () => withdraw(this.#nc, handle, ending).catch((error: Error) => unknown(withoutDot(error.message))),
      unknown(silence.evidence),
    );
  }

  /** Never rejects. With `reply` the request was answered after all. */
  where(handle: Handle): Promise<Found> {
    const look = () =>
      this.#locate(handle).then(
        ({ where, ...rest }): Found => ({ ...rest, whereabouts: where }),
        (error: Error): Found => ({ whereabouts: "unknown", evidence: withoutDot(error.message) }),
      );
    return this.#ask(look, silence);
  }

  #ask<T>(question: () => Promise<T>, noAnswer: T): Promise<T> {
    const asked = performance.now();
    // Once the server has let one wait in vain, those behind it need not wait as long again.
    return this.#queue.add(async () =>
      asked <= this.#silentAt ? noAnswer : this.#inTime(question, noAnswer),
    );
  }

  async #inTime<T>(question: () => Promise<T>, noAnswer: T): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<T>((resolve) => {
      timer = setTimeout(() => {
        this.#silentAt = performance.now();
        resolve(noAnswer);
      }, patienceMs);
    });
    return Promise.race([question(), tooLong]).finally(() => clearTimeout(timer));
  }
}

const withoutDot = (text: string) => text.replace(/\.$/, "");

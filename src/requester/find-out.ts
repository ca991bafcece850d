// What calls whose time is up find out: where their requests are, as far as the server says so without much ado.
import PQueue from "p-queue";
import type { Handle } from "./handle.js";
import type { TimeOutFindings } from "./timed-out.js";
import type { Located, StoredReply } from "./whereabouts.js";

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
  readonly #queue = new PQueue({ concurrency: atOnce });
  #silentAt = Number.NEGATIVE_INFINITY;

  constructor(locate: (handle: Handle) => Promise<Located>) {
    this.#locate = locate;
  }

  /** Never rejects. With `reply` the request was answered after all. */
  where(handle: Handle): Promise<Found> {
    const asked = performance.now();
    // Once the server has let one wait in vain, those behind it need not wait as long again.
    return this.#queue.add(async () => (asked <= this.#silentAt ? silence : this.#look(handle)));
  }

  async #look(handle: Handle): Promise<Found> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<Found>((resolve) => {
      timer = setTimeout(() => {
        this.#silentAt = performance.now();
        resolve(silence);
      }, patienceMs);
    });
    const found = this.#locate(handle).then(
      ({ where, ...rest }) => ({ ...rest, whereabouts: where }),
      (error: Error) => ({ whereabouts: "unknown" as const, evidence: error.message.replace(/\.$/, "") }),
    );
    return Promise.race([found, tooLong]).finally(() => clearTimeout(timer));
  }
}

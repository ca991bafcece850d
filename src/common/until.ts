// Poll: repeats a question until it has an answer or a deadline passes; the error has the last cause.
import { wait } from "./wait.js";

interface PollOptions {
  /** Milliseconds between an answer and the next question. */
  everyMs: number;
  /** Milliseconds until the last question begins. A question that has begun is awaited. */
  withinMs: number;
  /** The error's beginning, without a full stop: `ORDERS had no new leader`. */
  late: string;
  /** Ends the poll between two questions. */
  signal?: AbortSignal;
}

/**
 * The first answer of `ask`: undefined, false and an error mean that there is none yet.
 * @throws Error `<late> within 30 s: <the last error's message>`, with that error as its cause; the signal's reason.
 */
export async function until<T>(ask: () => Promise<T | undefined | false>, options: PollOptions): Promise<T> {
  const { everyMs, withinMs, late, signal } = options;
  const deadline = performance.now() + withinMs;
  for (;;) {
    signal?.throwIfAborted();
    let cause: unknown;
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) throw tooLate(`${late} within ${withinMs / 1000} s`, cause);
    await wait(everyMs);
  }
}

function tooLate(sentence: string, cause: unknown): Error {
  if (cause === undefined) return new Error(`${sentence}.`);
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Error(`${sentence}: ${why.replace(/\.$/, "")}.`, { cause });
}

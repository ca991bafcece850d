// Asks again and again where no event tells: always with a deadline, and what stood in the way last is told.
import { setTimeout as passed } from "node:timers/promises";

interface Patience {
  /** The pause before it is asked again, milliseconds. */
  everyMs: number;
  /** Milliseconds from now, after which an ask that gave nothing was the last. An ask under way is waited for. */
  withinMs: number;
  /** What to say when it never came, without a full stop: `ORDERS had no new leader`. */
  late: string;
  /** Breaks it off between two asks. */
  signal?: AbortSignal;
}

/**
 * What `ask` gives, as soon as that is something: undefined, false and an error mean not yet.
 * @throws Error `<late> within 30 s: <the last error's message>`, with that error as its cause; the signal's reason.
 */
export async function until<T>(ask: () => Promise<T | undefined | false>, patience: Patience): Promise<T> {
  const { everyMs, withinMs, late, signal } = patience;
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
    await passed(everyMs);
  }
}

function tooLate(sentence: string, cause: unknown): Error {
  if (cause === undefined) return new Error(`${sentence}.`);
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Error(`${sentence}: ${why.replace(/\.$/, "")}.`, { cause });
}

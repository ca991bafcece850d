// Ctrl-C and its kin: the first asks the command to end in good order, the second ends it now.
import { exitCodeOf, Interrupted } from "./errors.js";
import { note } from "./terminal.js";

const signals: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
/** Should releasing hang, the process still ends; its exit handlers kill and remove what it holds. */
export const patienceMs = 10_000;
/** What is to be done at the second signal has so long, should the server not answer: a person takes that for at once. */
const atOnceMs = 300;

interface Interrupt extends Disposable {
  signal: AbortSignal;
  /** What is still to be done at the second signal. The third does not wait for it. */
  atOnce?: (() => Promise<unknown>) | undefined;
}

/** Aborts with `Interrupted` at the first signal. Dispose to stop listening. */
export function interruptible(): Interrupt {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    const interrupted = new Interrupted(name);
    if (controller.signal.aborted) {
      endNow(interrupted, interrupt.atOnce);
      interrupt.atOnce = undefined;
      return;
    }
    controller.abort(interrupted);
    setTimeout(() => giveUp(interrupted), patienceMs).unref();
  };
  for (const name of signals) process.on(name, onSignal);
  const stop = () => {
    for (const name of signals) process.off(name, onSignal);
  };
  const interrupt: Interrupt = { signal: controller.signal, [Symbol.dispose]: stop };
  return interrupt;
}

function endNow(interrupted: Interrupted, first: Interrupt["atOnce"]): void {
  const leave = () => process.exit(exitCodeOf(interrupted));
  if (!first) leave();
  setTimeout(leave, atOnceMs);
  void first?.().then(leave, leave);
}

/** A frozen server never says that it has seen the last word; unacknowledged requests are delivered again. */
function giveUp(interrupted: Interrupted): never {
  note(
    `Not everything could be released within ${patienceMs / 1000} s of ${interrupted.signal}; ended all the same.`,
  );
  process.exit(exitCodeOf(interrupted));
}

/** Resolves at the first signal. */
export function untilInterrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

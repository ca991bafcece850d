// Ctrl-C and its kin: the first asks the command to end in good order, the second ends it now.
import { exitCodeOf, Interrupted } from "./failure.js";
import { note } from "./output.js";

const signals: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
/** Should releasing hang, the process still ends; its exit handlers kill and remove what it holds. */
const patienceMs = 10_000;

/** Aborts with `Interrupted` at the first signal. Dispose to stop listening. */
export function interruptible(): Disposable & { signal: AbortSignal } {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    const interrupted = new Interrupted(name);
    if (controller.signal.aborted) process.exit(exitCodeOf(interrupted));
    controller.abort(interrupted);
    setTimeout(() => giveUp(interrupted), patienceMs).unref();
  };
  for (const name of signals) process.on(name, onSignal);
  const stop = () => {
    for (const name of signals) process.off(name, onSignal);
  };
  return { signal: controller.signal, [Symbol.dispose]: stop };
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

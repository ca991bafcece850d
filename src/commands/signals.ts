// Ctrl-C, SIGTERM and SIGHUP: the first ends the command in good order, the second ends it now.
import { Interrupted } from "./exit.js";
import { note } from "./terminal.js";

const signals: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
/** If releasing hangs, the process ends after this time; its exit handlers kill and remove what it holds. */
export const patienceMs = 10_000;
/** Bounds `atOnce`, if the server does not answer. */
const atOnceMs = 300;

interface Interrupt extends Disposable {
  /** Aborts with `Interrupted` at the first signal. */
  signal: AbortSignal;
  /** Called at the second signal, before the process ends. The third ends it without waiting. */
  atOnce?: (() => Promise<unknown>) | undefined;
}

/** Dispose it to remove the signal handlers. */
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
    setTimeout(() => endLate(interrupted), patienceMs).unref();
  };
  for (const name of signals) process.on(name, onSignal);
  const interrupt: Interrupt = {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of signals) process.off(name, onSignal);
    },
  };
  return interrupt;
}

function endNow({ code }: Interrupted, first: Interrupt["atOnce"]): void {
  const end = () => process.exit(code);
  if (!first) end();
  setTimeout(end, atOnceMs);
  void first?.().then(end, end);
}

/** A frozen server answers nothing, so a drain cannot end. The server delivers unacknowledged requests again. */
function endLate({ signal, code }: Interrupted): never {
  note(`Not everything could be released within ${patienceMs / 1000} s of ${signal}; ended all the same.`);
  process.exit(code);
}

export function untilInterrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

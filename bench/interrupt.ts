// Interrupts (Ctrl-C): the first one rejects the current wait, so that everything is released.

export class Interrupted extends Error {
  override name = "Interrupted";
}

export interface Interrupt extends Disposable {
  /** Rejects at the first signal; otherwise what `promise` does. */
  race<T>(promise: Promise<T>): Promise<T>;
}

const signals: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
/** Should releasing hang, the process still ends, and its exit handlers kill and remove what it holds. */
const patienceMs = 10_000;

export function interruptible(): Interrupt {
  let onSignal = (_: NodeJS.Signals) => {};
  const interrupted = new Promise<never>((_, reject) => {
    onSignal = (name) => {
      setTimeout(() => process.exit(130), patienceMs).unref();
      reject(new Interrupted(`Interrupted by ${name}.`));
    };
  });
  interrupted.catch(() => {}); // nothing may be waiting at the moment it comes
  for (const name of signals) process.on(name, onSignal);
  return {
    race: (promise) => Promise.race([promise, interrupted]),
    [Symbol.dispose]: () => {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}

/** Runs a command to its exit code: 0, 4 for bad arguments, 130 after a signal, 3 for anything else. */
export async function runToExit(command: (interrupt: Interrupt) => Promise<void>): Promise<void> {
  using interrupt = interruptible();
  try {
    await command(interrupt);
  } catch (error) {
    const known = error instanceof Error && (error.name === "BadArguments" || error instanceof Interrupted);
    console.error(known ? (error as Error).message : error);
    process.exitCode = error instanceof Interrupted ? 130 : known ? 4 : 3;
  }
}

// Exit codes: their names, and the errors that carry one. This file loads nothing, so that every command can use it.

export const exit = { ok: 0, violated: 1, inconclusive: 2, failed: 3, badInput: 4 } as const;

/** Ends a command that has printed everything, with an exit code that is not 0. */
export class EndWith extends Error {
  readonly code: number;
  constructor(code: number) {
    super("");
    this.code = code;
  }
}

const signalCodes: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** A signal (Ctrl-C, `kill`) ended the command. */
export class Interrupted extends Error {
  readonly signal: NodeJS.Signals;
  readonly code: number;
  constructor(signal: NodeJS.Signals) {
    super(`Interrupted by ${signal}; everything was released.`);
    this.signal = signal;
    this.code = signalCodes[signal] ?? exit.failed;
  }
}

/** If releasing failed too, the error that came first (TC39 explicit resource management). */
export function firstOf(error: unknown): unknown {
  const later = error as { name?: string; suppressed?: unknown };
  return later?.name === "SuppressedError" ? firstOf(later.suppressed) : error;
}

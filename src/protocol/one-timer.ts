// One timer for any number of deadlines: armed for the earliest.

export class OneTimer {
  readonly #onTime: () => void;
  #timer: NodeJS.Timeout | undefined;
  #at = Number.POSITIVE_INFINITY;

  constructor(onTime: () => void) {
    this.#onTime = onTime;
  }

  /** `deadline` is on the clock of `performance.now()`, in milliseconds; a later one than armed changes nothing. */
  arm(deadline: number): void {
    if (deadline >= this.#at) return;
    this.cancel();
    this.#at = deadline;
    const fire = () => {
      this.#at = Number.POSITIVE_INFINITY;
      this.#onTime();
    };
    this.#timer = setTimeout(fire, Math.max(0, deadline - performance.now()));
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#at = Number.POSITIVE_INFINITY;
  }
}

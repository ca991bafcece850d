// The ids of calls that gave up, so that their late replies are told apart from strangers'.

/** Beyond this many the oldest is forgotten: its reply is still stored, it is only no longer called late. */
const most = 10_000;

export class LateIds {
  readonly #ids = new Set<string>();

  add(id: string): void {
    this.#ids.add(id);
    if (this.#ids.size <= most) return;
    const [oldest] = this.#ids;
    this.#ids.delete(oldest as string);
  }

  /** True once for an id that was added. */
  take(id: string): boolean {
    return this.#ids.delete(id);
  }
}

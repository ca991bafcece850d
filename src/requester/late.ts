// The handles of calls that gave up, so that their late replies are told apart from strangers'.
import type { Handle } from "./handle.js";

/** Beyond this many the oldest is forgotten: its reply is still stored, it is only no longer called late. */
const most = 10_000;

export class LateCalls {
  readonly #handles = new Map<string, Handle>();

  add(handle: Handle): void {
    this.#handles.set(handle.request, handle);
    if (this.#handles.size <= most) return;
    const [oldest] = this.#handles.keys();
    this.#handles.delete(oldest as string);
  }

  has(id: string): boolean {
    return this.#handles.has(id);
  }

  /** Once for each that was added. */
  take(id: string): Handle | undefined {
    const handle = this.#handles.get(id);
    this.#handles.delete(id);
    return handle;
  }
}

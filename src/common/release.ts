// Releases: everything that was acquired, released once and in reverse, also when one release fails (`AsyncDisposableStack`, which Node 20 has not).

export class Releases implements AsyncDisposable {
  readonly #releases: (() => unknown)[] = [];

  add(release: () => unknown): void {
    this.#releases.push(release);
  }

  keep<T extends AsyncDisposable>(thing: T): T {
    this.add(() => thing[Symbol.asyncDispose]());
    return thing;
  }

  /** @throws the first error, after everything was released. */
  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = [];
    for (let release = this.#releases.pop(); release; release = this.#releases.pop()) {
      try {
        await release();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}

/** Runs `acquire`. If it throws, what it had acquired is released, and its error is thrown. */
export async function acquiring<T>(acquire: (releases: Releases) => Promise<T>): Promise<T> {
  const releases = new Releases();
  try {
    return await acquire(releases);
  } catch (error) {
    await releases[Symbol.asyncDispose]().catch(() => {});
    throw error;
  }
}

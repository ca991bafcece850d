// Searches for requests whose PubAck was lost in a break: one for each break, and the next break cuts it off.

export class SinceBreak {
  #round = 0;
  /** What was asked before a search that another break has cut off is still to be found: the next begins there, too. */
  #from = Number.POSITIVE_INFINITY;

  /**
   * @param lastStored the sequence of the latest request that is known to be stored: those on their way come behind it.
   * @param search gets the sequence to begin behind, and whether another break has come since.
   */
  async search(
    lastStored: number,
    search: (from: number, cutOff: () => boolean) => Promise<void>,
  ): Promise<void> {
    const round = ++this.#round;
    this.#from = Math.min(this.#from, lastStored);
    const cutOff = () => round !== this.#round;
    await search(this.#from, cutOff);
    if (!cutOff()) this.#from = Number.POSITIVE_INFINITY;
  }
}

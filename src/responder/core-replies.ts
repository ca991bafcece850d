// Replies to core subjects: nobody confirms them, but the server tells of one that it refused, shortly after, by its subject only.

/** The server's word comes within a round trip; beyond this many the oldest is taken to have gone out. */
const most = 1_000;

export class CoreReplies {
  readonly #sent = new Set<{ to: string; request: string }>();

  add(to: string, request: string): void {
    this.#sent.add({ to, request });
    if (this.#sent.size <= most) return;
    const [oldest] = this.#sent;
    if (oldest) this.#sent.delete(oldest);
  }

  /** The request whose reply the server did not take; each publish is refused by itself, in the order of sending. */
  refused(subject: string): string | undefined {
    for (const reply of this.#sent) {
      if (reply.to !== subject) continue;
      this.#sent.delete(reply);
      return reply.request;
    }
    return undefined;
  }
}

// One connection through a link: two sockets, and a pipe for each direction between them.
import type { Socket } from "node:net";
import { Pipe, type PipeContext } from "./pipe.js";

/** Seen from the client. */
export const directions = ["to-server", "to-client"] as const;
export type Direction = (typeof directions)[number];

export class Connection {
  /** Resolves when both sides are closed. */
  readonly closed: Promise<unknown>;
  readonly #inside: Socket;
  readonly #outside: Socket;
  readonly #pipes: Record<Direction, Pipe>;

  /** `inside` is the client's connection to the link, `outside` the link's own connection to the server. */
  constructor(inside: Socket, outside: Socket, context: PipeContext) {
    this.#inside = inside;
    this.#outside = outside;
    outside.on("error", () => {}); // "close" follows
    this.#pipes = {
      "to-server": new Pipe(inside, outside, context),
      "to-client": new Pipe(outside, inside, context),
    };
    const closing = [inside, outside].map(
      (socket) => new Promise<void>((resolve) => socket.once("close", () => resolve())),
    );
    this.closed = Promise.all(closing);
  }

  flush(): void {
    for (const pipe of Object.values(this.#pipes)) pipe.flush();
  }

  /** Loses the bytes in `direction`; those of the other direction pass, without its end. */
  lose(direction: Direction): void {
    this.#pipes[direction].lost = true;
    for (const pipe of Object.values(this.#pipes)) pipe.endless = true;
  }

  destroy(): void {
    this.#inside.destroy();
    this.#outside.destroy();
  }

  /** A TCP RST to both sides. */
  reset(): void {
    this.#inside.resetAndDestroy();
    this.#outside.resetAndDestroy();
  }
}

// TCP door in front of a server: while it is closed, it breaks every connection through it and lets none in.
import type { AddressInfo } from "node:net";
import { createServer, connect as dial, type Socket } from "node:net";

export interface Door extends AsyncDisposable {
  url: string;
  close(): void;
  open(): void;
}

export async function doorTo(port: number): Promise<Door> {
  const sockets = new Set<Socket>();
  let closed = false;
  const server = createServer((inside) => {
    if (closed) {
      inside.destroy();
      return;
    }
    const outside = dial(port, "127.0.0.1");
    for (const [from, to] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      sockets.add(from);
      from
        .on("error", () => {})
        .on("close", () => {
          sockets.delete(from);
          to.destroy();
        });
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sever = () => {
    closed = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: sever,
    open: () => {
      closed = false;
    },
    [Symbol.asyncDispose]: async () => {
      sever();
      server.close();
    },
  };
}

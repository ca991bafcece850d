// transport-node (3.4.0) takes every listener off a socket when the server hangs up. A write that failed just before
// reports its error one tick later, nobody listens, and Node ends the process ("write after end"). A responder must
// outlive a server restart, so the socket keeps one listener that lets such an error pass: the client learns of the
// break by the close itself.
import type { Socket } from "node:net";
import type { NatsConnection } from "@nats-io/nats-core";

/** Guards the socket of this connection, and each that a reconnect opens. */
export function toleratesLateWriteErrors(nc: NatsConnection): NatsConnection {
  guard(nc);
  const watch = async () => {
    for await (const status of nc.status()) if (status.type === "reconnect") guard(nc);
  };
  void watch();
  return nc;
}

/** The client's own insides; should they change, the guard is gone and nothing else. */
interface Insides {
  protocol?: { transport?: { socket?: Socket } };
}

const guarded = new WeakSet<Socket>();

function guard(nc: NatsConnection): void {
  const socket = (nc as unknown as Insides).protocol?.transport?.socket;
  if (!socket || guarded.has(socket)) return;
  guarded.add(socket);
  const removeAllListeners = socket.removeAllListeners.bind(socket);
  socket.removeAllListeners = (event?: string | symbol) => {
    removeAllListeners(event);
    // Node calls this again for each kind of event.
    return socket.listenerCount("error") > 0 ? socket : socket.on("error", () => {});
  };
}

// Socket workarounds: two faults of the client (transport-node 3.4.0).
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import type { NatsConnection } from "@nats-io/nats-core";

const attempt = new AsyncLocalStorage<Set<Socket>>();
let listening = false;
let attempts = 0;

/**
 * Runs one attempt to connect. If it fails, the sockets that it opened are closed: the client leaves its socket open when an attempt times
 * out on a peer that accepts and sends nothing, and Node does not exit while that peer holds the socket.
 */
export async function closingSockets<T>(connect: () => Promise<T>): Promise<T> {
  listen();
  const opened = new Set<Socket>();
  attempts++;
  try {
    return await attempt.run(opened, connect);
  } catch (error) {
    for (const socket of opened) socket.destroy();
    throw error;
  } finally {
    opened.clear();
    // While one is in use, Node 20 follows every promise of the process, which makes them cost twice as much.
    if (--attempts === 0) attempt.disable();
  }
}

/** Node publishes each client socket where it is made, that is, in the context of its attempt. */
function listen(): void {
  if (listening) return;
  listening = true;
  subscribe("net.client.socket", (message) => {
    const { socket } = message as { socket: Socket };
    const sockets = attempt.getStore();
    if (!sockets) return;
    sockets.add(socket);
    // A successful connection also reconnects in this context, for as long as it lives.
    socket.once("close", () => sockets.delete(socket));
  });
}

// The second one. When the server disconnects, the client removes every listener from the socket. A write that failed just before emits its
// error one tick later, without a listener, and Node ends the process ("write after end": large publishes to a server that shut down its
// side; seen on Node 20 and 22, not with the guard).

/**
 * Keeps one error listener on the socket of this connection, and on each socket that a reconnect opens: a responder has to survive a server
 * restart. The client notices the disconnect by the close event.
 */
export function toleratesLateWriteErrors(nc: NatsConnection): NatsConnection {
  guard(nc);
  const watch = async () => {
    for await (const status of nc.status()) if (status.type === "reconnect") guard(nc);
  };
  void watch();
  return nc;
}

/** Private fields of the client. Should they change, the guard has no effect. */
interface ConnectionWithSocket {
  protocol?: { transport?: { socket?: Socket } };
}

const guarded = new WeakSet<Socket>();

function guard(nc: NatsConnection): void {
  const socket = (nc as unknown as ConnectionWithSocket).protocol?.transport?.socket;
  if (!socket || guarded.has(socket)) return;
  guarded.add(socket);
  const removeAllListeners = socket.removeAllListeners.bind(socket);
  socket.removeAllListeners = (event?: string | symbol) => {
    removeAllListeners(event);
    // Node calls this again for each kind of event.
    return socket.listenerCount("error") > 0 ? socket : socket.on("error", () => {});
  };
}

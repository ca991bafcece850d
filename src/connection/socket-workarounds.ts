// The client (transport-node 3.4) leaves its socket open when the time for a connection runs out on a peer that accepts and
// says nothing; Node then does not end for as long as that peer holds it. So we know the sockets of an attempt.
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import type { NatsConnection } from "@nats-io/nats-core";

const attempt = new AsyncLocalStorage<Set<Socket>>();
let listening = false;
let attempts = 0;

/** Runs one attempt to connect; when it fails, the sockets it opened are closed. */
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

/** Node tells of each client socket right where it is made, that is, in the context of its attempt. */
function listen(): void {
  if (listening) return;
  listening = true;
  subscribe("net.client.socket", (message) => {
    const { socket } = message as { socket: Socket };
    const sockets = attempt.getStore();
    if (!sockets) return;
    sockets.add(socket);
    // A connection that stands also reconnects in this context, for as long as it lives.
    socket.once("close", () => sockets.delete(socket));
  });
}

// transport-node (3.4.0) takes every listener off a socket when the server hangs up. A write that failed just before
// reports its error one tick later, nobody listens, and Node ends the process ("write after end"). A responder must
// outlive a server restart, so the socket keeps one listener that lets such an error pass: the client learns of the
// break by the close itself.

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

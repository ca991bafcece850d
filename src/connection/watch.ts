// What a connection tells only on the side: refused publishes, that it is back after a break, that it has closed.

import { errors, type NatsConnection } from "@nats-io/nats-core";
import type { NotPermittedError } from "../protocol/errors.js";
import type { ConnectionEvent, Observe } from "../protocol/events.js";
import { notPermitted } from "../protocol/server-error.js";

interface Watcher {
  /** A publish without permission fails in silence for its sender; here it has a name. */
  refused?(subject: string, error: NotPermittedError): void;
  /** The server will shut down, and asks its clients to go elsewhere (`lame duck mode`). */
  lameDuck?(server: string): void;
  disconnected?(server: string): void;
  reconnected?(): void;
  /** For good. Not told where it was closed before the watching began. */
  closed?(): void;
}

/** What the client's iterators have besides their type: without it, one would be kept, or waited for, until there is more. */
export interface Stoppable {
  stop?(): void;
}

/** Watches until the returned function is called or the connection closes. */
export function watchConnection(nc: NatsConnection, watcher: Watcher): () => void {
  let watching = true;
  const statuses = nc.status();
  const watch = async () => {
    for await (const status of statuses) {
      if (!watching) return;
      if (status.type === "ldm") watcher.lameDuck?.(status.server);
      if (status.type === "disconnect") watcher.disconnected?.(status.server);
      if (status.type === "reconnect") watcher.reconnected?.();
      if (status.type !== "error" || !(status.error instanceof errors.PermissionViolationError)) continue;
      if (status.error.operation === "publish")
        watcher.refused?.(status.error.subject, notPermitted(status.error));
    }
    if (!watching || !watcher.closed) return;
    await nc.closed();
    if (watching) watcher.closed();
  };
  void watch();
  return () => {
    watching = false;
    (statuses as Stoppable).stop?.();
  };
}

// What a connection tells on the side, as events: for whoever wants to see that a server goes, and that another one took over.

/**
 * Tells of `server-lame-duck` (the server shuts down soon: `nats-server --signal ldm`), `disconnected` and `reconnected`, until the
 * returned function is called or the connection closes. A server that is a lame duck hangs up by itself within its
 * `lame_duck_duration`, two minutes by default; the client then goes to another server that it knows of, from the URLs it
 * was given or from the cluster's own word.
 */
export const observeConnection = (nc: NatsConnection, observe: Observe<ConnectionEvent>): (() => void) =>
  watchConnection(nc, {
    lameDuck: (server) => observe({ type: "server-lame-duck", server }),
    disconnected: (server) => observe({ type: "disconnected", server }),
    reconnected: () => observe({ type: "reconnected" }),
  });

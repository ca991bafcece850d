// Connection status: refused publishes, disconnects, reconnects and the close, for callers on the same connection.
import { errors, type NatsConnection } from "@nats-io/nats-core";
import { guardedCallback, warnOf } from "../common/user-callback.js";
import type { NotPermittedError } from "../protocol/errors.js";
import type { ConnectionEvent, Observe } from "../protocol/events.js";
import { notPermitted } from "../protocol/server-error.js";

interface Watcher {
  /** The server refused a publish for want of a permission; the publish itself reports nothing. */
  refused?(subject: string, error: NotPermittedError): void;
  /** The server will shut down, and its clients have to move to another one (`lame duck mode`). */
  lameDuck?(server: string): void;
  disconnected?(server: string): void;
  reconnected?(): void;
  /** The connection is closed. Not called for a connection that was closed before. */
  closed?(): void;
}

/** The client's iterators have `stop()` besides their type. Without it an iterator stays until its next value. */
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
      if (status.error.operation === "publish") watcher.refused?.(status.error.subject, notPermitted(status.error));
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

/**
 * Calls `observe` with `server-lame-duck` (the server shuts down soon: `nats-server --signal ldm`), `disconnected` and `reconnected`,
 * until the returned function is called or the connection closes. A lame-duck server disconnects its clients within its
 * `lame_duck_duration`, two minutes by default. The client then connects to another server: one of its URLs, or one that the cluster
 * announced. If `observe` throws or rejects, the process emits a warning, and the next event is reported as usual.
 *
 * @example
 * const stop = observeConnection(nc, (event) => console.log(event.type));
 */
export function observeConnection(nc: NatsConnection, observe: Observe<ConnectionEvent>): () => void {
  const report = guardedCallback(observe, warnOf("observeConnection"));
  return watchConnection(nc, {
    lameDuck: (server) => report({ type: "server-lame-duck", server }),
    disconnected: (server) => report({ type: "disconnected", server }),
    reconnected: () => report({ type: "reconnected" }),
  });
}

// What a connection tells only on the side: refused publishes, and that it is back after a break.
import { errors, type NatsConnection } from "@nats-io/nats-core";
import type { NotPermitted } from "../protocol/errors.js";
import { notPermitted } from "../protocol/server-error.js";

export interface Watcher {
  /** A publish without permission fails in silence for its sender; here it has a name. */
  refused?(subject: string, error: NotPermitted): void;
  /** The server will shut down, and asks its clients to go elsewhere (`lame duck mode`). */
  lameDuck?(server: string): void;
  disconnected?(server: string): void;
  reconnected?(): void;
}

/** Watches until the returned function is called or the connection closes. */
export function watchConnection(nc: NatsConnection, watcher: Watcher): () => void {
  let watching = true;
  const watch = async () => {
    for await (const status of nc.status()) {
      if (!watching) return;
      if (status.type === "ldm") watcher.lameDuck?.(status.server);
      if (status.type === "disconnect") watcher.disconnected?.(status.server);
      if (status.type === "reconnect") watcher.reconnected?.();
      if (status.type !== "error" || !(status.error instanceof errors.PermissionViolationError)) continue;
      if (status.error.operation === "publish")
        watcher.refused?.(status.error.subject, notPermitted(status.error));
    }
  };
  void watch();
  return () => {
    watching = false;
  };
}

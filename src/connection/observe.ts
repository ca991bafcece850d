// What a connection tells on the side, as events: for whoever wants to see that a server goes, and that another one took over.
import type { NatsConnection } from "@nats-io/nats-core";
import type { ConnectionEvent, Observe } from "../history/event.js";
import { watchConnection } from "./watch.js";

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

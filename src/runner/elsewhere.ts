// The laboratory's own connection stays off frozen servers: what is expected is looked at, and advisories are heard, on another.
import type { NatsConnection } from "@nats-io/nats-core";
import type { TargetNode } from "../faults/index.js";

/** From now on a server of a cluster that is frozen loses the connection, which goes on to another by itself. */
export function leaveFrozenServers(
  nc: Pick<NatsConnection, "getServer" | "reconnect">,
  nodes: readonly (Pick<TargetNode, "pause"> & { host: string; port: number })[],
): void {
  if (nodes.length === 1) return;
  for (const node of nodes) {
    const pause = node.pause.bind(node);
    node.pause = async () => {
      await pause();
      // A frozen server keeps its connections, so the client would notice by its pings only, after minutes.
      if (nc.getServer() === `${node.host}:${node.port}`) await nc.reconnect();
    };
  }
}

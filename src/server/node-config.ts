// The configuration of a run's servers: how they store, and who their neighbours are.

export interface StoreSettings {
  /** How often a store is synced to its disk: `always`, or a duration such as `10s`. Default: the server's own (2 minutes). */
  syncInterval?: string;
  /** Bytes that JetStream may take in all. */
  maxFileStore?: number;
  maxMemory?: number;
}

export interface Neighbours {
  name: string;
  /** Where it listens for the others; 0: the operating system chooses. */
  clusterPort: number;
  /** Where it finds them. */
  routes: readonly string[];
  /** Only the routes that are written down: no server is told of others by gossip. */
  gossip: boolean;
}

/** JetStream in a cluster wants a route; the first server of one has nobody to name yet. */
const nowhere = "nats://127.0.0.1:1";

export function nodeConfig(store: StoreSettings, neighbours?: Neighbours): string {
  return [
    // The least that the server takes is 30 s, and it takes that long only with many clients; the grace comes before.
    'lame_duck_duration: "30s"\nlame_duck_grace_period: "1s"',
    `jetstream {\n${storeLines(store).join("\n")}\n}`,
    ...(neighbours ? [clusterBlock(neighbours)] : []),
  ].join("\n");
}

function storeLines({ syncInterval, maxFileStore, maxMemory }: StoreSettings): string[] {
  return [
    ...(syncInterval === undefined ? [] : [`  sync_interval: "${syncInterval}"`]),
    ...(maxFileStore === undefined ? [] : [`  max_file_store: ${maxFileStore}`]),
    ...(maxMemory === undefined ? [] : [`  max_memory_store: ${maxMemory}`]),
  ];
}

function clusterBlock({ name, clusterPort, routes, gossip }: Neighbours): string {
  const urls = (routes.length > 0 ? routes : [nowhere]).map((url) => `"${url}"`).join(", ");
  // Gossip tells of this address; a dead one keeps the others to the routes that they were given.
  const advertise = gossip ? "" : '  advertise: "127.0.0.1:1"\n';
  const listen = `  listen: "127.0.0.1:${clusterPort === 0 ? -1 : clusterPort}"`;
  return `server_name: ${name}\ncluster {\n  name: kit\n${listen}\n${advertise}  routes: [${urls}]\n}`;
}

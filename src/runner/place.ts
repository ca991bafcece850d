// The server of a run: one of the kit's own, or the one that was named.
import type { NatsConnection } from "@nats-io/nats-core";
import { type ConnectionSettings, displayUrl, openConnection } from "../connection/connect.js";
import type { ServerFacts } from "../history/result.js";
import { ServerTooOld } from "../protocol/errors.js";
import type { Scenario } from "../scenario/model.js";
import {
  atLeast,
  type FindOptions,
  findServer,
  type RunFolder,
  type ServerBinary,
  startServer,
} from "../server/index.js";

export interface PlaceOptions {
  /** A server that runs already; without it the kit brings its own. */
  connection?: ConnectionSettings;
  onProgress?: (line: string) => void;
}

export interface Place {
  connection: ConnectionSettings;
  nc: NatsConnection;
  server: ServerFacts;
  /** Resolves when the kit's own server ended without being asked to; a given one is nobody's child. */
  died?: Promise<Error>;
  release(): Promise<void>;
}

async function own(scenario: Scenario, folder: RunFolder, options: PlaceOptions): Promise<Place> {
  const { onProgress } = options;
  const binary = await find(scenario, onProgress ? { onProgress } : {});
  const server = await startServer({ binary, folder: folder.path, onSpawn: (pid) => folder.adopt(pid) });
  const connection = { servers: server.url };
  try {
    const nc = await openConnection({ ...connection, name: "jsrr" });
    const died = server.exited.then(
      ({ code, signal }) => new Error(`nats-server ended by itself (${signal ?? `exit code ${code}`}).`),
    );
    const release = async () => {
      await nc.close();
      await server.kill(); // its store goes with it: nothing to save
    };
    const { version, origin, url } = server;
    return { connection, nc, server: { version, origin, url }, died, release };
  } catch (error) {
    await server.kill();
    throw error;
  }
}

/** A requirement that no server at hand meets is a run that cannot decide, not one that failed. */
async function find({ name, requires }: Scenario, options: FindOptions): Promise<ServerBinary> {
  if (!requires.server) return findServer(options);
  try {
    return await findServer({ ...options, atLeast: requires.server });
  } catch (cause) {
    const why = (cause as Error).message;
    throw new ServerTooOld(`${name} needs nats-server ${requires.server} or newer. ${why}`, { cause });
  }
}

async function given(connection: ConnectionSettings): Promise<Place> {
  const nc = await openConnection({ ...connection, name: "jsrr" });
  const url = displayUrl(connection.servers);
  const version = nc.info?.version ?? "unknown";
  return { connection, nc, server: { version, origin: "given URL", url }, release: () => nc.close() };
}

/** @throws ServerTooOld, ServerUnreachable, NotAuthorized, and what keeps the kit from having a server of its own. */
export async function openPlace(
  scenario: Scenario,
  folder: RunFolder,
  options: PlaceOptions,
): Promise<Place> {
  const place = options.connection ? await given(options.connection) : await own(scenario, folder, options);
  try {
    requireVersion(scenario, place.server);
    return place;
  } catch (error) {
    await place.release();
    throw error;
  }
}

function requireVersion({ name, requires }: Scenario, { version, url }: ServerFacts): void {
  if (!requires.server || atLeast(version, requires.server)) return;
  throw new ServerTooOld(
    `${name} needs nats-server ${requires.server} or newer, and the one at ${url} is ${version}; give it a newer one.`,
  );
}

// The server of a run: one of the kit's own, or the one that was named.
import type { NatsConnection } from "@nats-io/nats-core";
import { type ConnectionSettings, displayUrl, openConnection } from "../connection/connect.js";
import type { ServerFacts } from "../history/result.js";
import { InvalidInput, ServerTooOld } from "../protocol/errors.js";
import type { Scenario } from "../scenario/model.js";
import { atLeast, type FindOptions, findServer, type RunFolder, type ServerBinary } from "../server/index.js";
import { OwnServer } from "./own-server.js";

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
  /** Kills the kit's own server and starts it again on its port and store; a given one is not ours to kill. */
  restart?(): Promise<void>;
  release(): Promise<void>;
}

async function own(scenario: Scenario, folder: RunFolder, options: PlaceOptions): Promise<Place> {
  const { onProgress } = options;
  const binary = await find(scenario, onProgress ? { onProgress } : {});
  const server = await OwnServer.start({
    binary,
    folder: folder.path,
    onSpawn: (pid) => folder.adopt(pid),
  });
  const connection = { servers: server.url };
  try {
    const nc = await openConnection({ ...connection, name: "jsrr" });
    const release = async () => {
      await nc.close();
      await server.kill(); // its store goes with it: nothing to save
    };
    const { version, origin, url, died } = server;
    const restart = () => server.restart(nc);
    return { connection, nc, server: { version, origin, url }, died, restart, release };
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

function refuseRestart({ name, timeline }: Scenario): void {
  if (!timeline.some(({ kind }) => kind === "restart")) return;
  throw new InvalidInput(
    `${name} restarts the server, and only one of the kit's own may be: run it without --server and NATS_URL.`,
  );
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
  if (options.connection) refuseRestart(scenario);
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

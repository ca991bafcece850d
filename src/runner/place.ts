// The server of a run: one of the kit's own, or the one that was named.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { type ConnectionSettings, displayUrl, openConnection } from "../connection/connect.js";
import type { ServerFacts } from "../history/result.js";
import { InvalidInput, NotPossibleHere, ServerTooOld } from "../protocol/errors.js";
import { atLeast } from "../protocol/versions.js";
import type { Scenario } from "../scenario/model.js";
import {
  canLosePower,
  chooseServer,
  type FindOptions,
  findServer,
  jetStreamReady,
  type RunFolder,
  type ServerBinary,
} from "../server/index.js";
import { leaveFrozenServers } from "./elsewhere.js";
import { type FaultPlan, planFaults } from "./fault-plan.js";
import { type OwnServers, restartServer, startOwnServers } from "./own-server.js";
import { randomFrom } from "./random.js";
import { requireMachine, requireServer } from "./requirements.js";

export interface PlaceOptions {
  /** A server that runs already; without it the kit brings its own. */
  connection?: ConnectionSettings;
  onProgress?: (line: string) => void;
  /** Which nats-server the kit's own is; see server/choose.ts. */
  serverVersion?: string;
  /** Where everything random comes from. */
  seed: number;
}

export interface Place {
  connection: ConnectionSettings;
  nc: NatsConnection;
  server: ServerFacts;
  /** Resolves when the kit's own server ended without being asked to; a given one is nobody's child. */
  died?: Promise<Error>;
  /** The kit's own servers, for faults to break. */
  own?: OwnServers;
  /** The chance in faults: for the same seed the same. */
  random(): number;
  /** Kills the kit's own server and starts it again on its port and store; a given one is not ours to kill. */
  restart?(): Promise<void>;
  release(): Promise<void>;
}

async function openOwn(scenario: Scenario, folder: RunFolder, options: PlaceOptions): Promise<Place> {
  const plan = planFaults(scenario);
  requireDisk(scenario, plan);
  const binary = await find(scenario, options);
  requireSyncInterval(scenario, binary);
  const random = randomFrom(options.seed, "faults");
  const own = await startOwnServers(scenario, plan, folder, binary, random);
  const { cluster } = own;
  const connection = { servers: cluster.urls };
  try {
    const nc = await openConnection({ ...connection, name: "jsrr" });
    leaveFrozenServers(nc, cluster.nodes);
    const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: 1000 });
    if (cluster.nodes.length > 1) await jetStreamReady(jsm, cluster.nodes.length);
    const release = async () => {
      await nc.close();
      await own[Symbol.asyncDispose]();
    };
    const { version, origin, url } = cluster.nodes[0] as ServerFacts;
    const restart = () => restartServer(own, nc);
    const { died } = cluster;
    return { connection, nc, server: { version, origin, url }, died, own, random, restart, release };
  } catch (error) {
    await own[Symbol.asyncDispose]();
    throw error;
  }
}

function requireDisk({ name }: Scenario, { needs }: FaultPlan): void {
  const fault = needs.get("own-disk");
  if (!fault || canLosePower()) return;
  throw new NotPossibleHere(`${name} was not run: the fault ${fault} needs Linux, root and loop devices.`);
}

/** A requirement that no server at hand meets is a run that cannot decide, not one that failed. */
async function find({ name, requires }: Scenario, options: PlaceOptions): Promise<ServerBinary> {
  const { onProgress, serverVersion: choice } = options;
  const found = (how: FindOptions) => (choice === undefined ? findServer(how) : chooseServer(choice, how));
  const progress = onProgress ? { onProgress } : {};
  if (!requires.server) return found(progress);
  try {
    return await found({ ...progress, atLeast: requires.server });
  } catch (cause) {
    const why = (cause as Error).message;
    throw new ServerTooOld(`${name} needs nats-server ${requires.server} or newer. ${why}`, { cause });
  }
}

/** Older servers do not start with it: `unknown field "sync_interval"`. */
function requireSyncInterval({ name, server }: Scenario, { version, path }: ServerBinary): void {
  if (server.syncInterval === undefined || atLeast(version, "2.10.0")) return;
  throw new ServerTooOld(
    `${name} sets server.sync_interval, which nats-server knows from 2.10 on, and ${path} is ${version}; give it a newer one.`,
  );
}

/** What is done to a server is done to its process, and a given one is nobody's child. */
function refuseWhatNeedsOurs(scenario: Scenario): void {
  const { name, timeline, server } = scenario;
  const fault = planFaults(scenario).needs.get("own-server");
  const restarts = timeline.some(({ kind }) => kind === "restart");
  const settings = Object.keys(server).length > 1 || server.nodes > 1;
  if (!fault && !restarts && !settings) return;
  const what = restarts ? "restarts the server" : fault ? `injects ${fault}` : "says what its server is like";
  throw new InvalidInput(
    `${name} ${what}, and only one of the kit's own may be: run it without --server and NATS_URL.`,
  );
}

async function given(connection: ConnectionSettings, seed: number): Promise<Place> {
  const nc = await openConnection({ ...connection, name: "jsrr" });
  const url = displayUrl(connection.servers);
  const version = nc.info?.version ?? "unknown";
  const server = { version, origin: "given URL", url };
  return { connection, nc, server, random: randomFrom(seed, "faults"), release: () => nc.close() };
}

/** @throws ServerTooOld, ServerUnreachable, NotAuthorized, and what keeps the kit from having a server of its own. */
export async function openPlace(
  scenario: Scenario,
  folder: RunFolder,
  options: PlaceOptions,
): Promise<Place> {
  if (options.connection && options.serverVersion !== undefined)
    throw new InvalidInput(
      "--server-version says which server the kit starts, and one was given: leave out --server and NATS_URL.",
    );
  if (options.connection) refuseWhatNeedsOurs(scenario);
  requireMachine(scenario);
  const place = options.connection
    ? await given(options.connection, options.seed)
    : await openOwn(scenario, folder, options);
  try {
    if (options.connection) requireServer(scenario, place.server, place.nc);
    return place;
  } catch (error) {
    await place.release();
    throw error;
  }
}

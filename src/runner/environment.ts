// Where a run takes place: a server with the streams set up for it, and without them again at the end.

import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { type ConnectionSettings, displayUrl, openConnection } from "../connection/connect.js";
import type { ServerFacts } from "../history/result.js";
import {
  ConfigurationDiffersError,
  InvalidInputError,
  NotPossibleHereError,
  ServerTooOldError,
} from "../protocol/errors.js";
import { fromClientError } from "../protocol/server-error.js";
import { atLeast } from "../protocol/server-version.js";
import { deadLetterStream, replyStream, requestStream } from "../protocol/subjects.js";
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
import { type StreamStrategy, streamNames, streamStrategies } from "../stream-setup/plan.js";
import { setup } from "../stream-setup/setup.js";
import {
  type FaultPlan,
  leaveFrozenServers,
  type OwnServers,
  planFaults,
  restartServer,
  startOwnServers,
} from "./managed-servers.js";
import { randomFrom } from "./random.js";

export interface Environment extends Omit<Place, "release">, AsyncDisposable {
  jsm: JetStreamManager;
  /** The streams of this run; empty for a scenario without streams. */
  streams: string[];
  /** Those of them that were not there before: a given server gets rid of them at the end. */
  created: string[];
}

export async function openEnvironment(
  scenario: Scenario,
  folder: RunFolder,
  options: PlaceOptions,
): Promise<Environment> {
  const place = await openPlace(scenario, folder, options);
  const jsm = await jetstreamManager(place.nc, { checkAPI: false });
  const strategies = scenario.setup ? streamStrategiesOf(scenario) : [];
  const extra = strategies.map((strategy) => streamNames[strategy]);
  const streams = scenario.setup ? [requestStream, replyStream, deadLetterStream, ...extra] : [];
  let created: string[] = [];
  const release = async () => {
    try {
      if (options.connection) await remove(jsm, created);
    } catch (error) {
      // The run has its verdict by now: what stays behind is said, and takes nothing away from it.
      options.onProgress?.(
        `${created.join(", ")} could not be removed from the server: ${(error as Error).message}`,
      );
    } finally {
      await place.release();
    }
  };
  try {
    const before = await existing(jsm, streams);
    created = streams.filter((name) => !before.includes(name));
    if (scenario.setup) await setUp({ ...scenario.setup, strategies }, place.nc, jsm, streams);
    return { ...place, jsm, streams, created, [Symbol.asyncDispose]: release };
  } catch (error) {
    await release().catch(() => {}); // the first error is the one that is told
    throw fromClientError("setting up the streams", error);
  }
}

/** The strategies of the scenario's requesters that need a stream of their own. */
function streamStrategiesOf({ requesters }: Scenario): StreamStrategy[] {
  const used = Object.values(requesters).map(({ reply }) => reply as string);
  return streamStrategies.filter((strategy) => used.includes(strategy));
}

async function existing(jsm: JetStreamManager, streams: string[]): Promise<string[]> {
  if (streams.length === 0) return [];
  const there: string[] = [];
  for await (const name of jsm.streams.names()) there.push(name);
  return streams.filter((name) => there.includes(name));
}

async function remove(jsm: JetStreamManager, streams: string[]): Promise<void> {
  for (const name of await existing(jsm, streams)) {
    // Otherwise the next run's stream of this name may have its messages again: the server removes files a little later.
    await jsm.streams.purge(name);
    await jsm.streams.delete(name);
  }
}

/** A run counts messages, so it begins with empty streams. */
async function setUp(
  settings: NonNullable<Scenario["setup"]> & { strategies: StreamStrategy[] },
  nc: NatsConnection,
  jsm: JetStreamManager,
  streams: string[],
): Promise<void> {
  await setup(nc, settings).catch((error) => {
    throw error instanceof ConfigurationDiffersError ? notAsInFile(error) : error;
  });
  for (const name of streams) {
    const { state } = await jsm.streams.info(name);
    if (state.messages === 0) continue;
    throw new ConfigurationDiffersError(
      `${name} holds ${state.messages} messages, and a scenario begins with empty streams: purge it, or run without --server and NATS_URL on a server of the kit's own.`,
    );
  }
}

/** Whoever uses these streams wants them as they are: the advice of `jsrr setup` would change them. */
const notAsInFile = (cause: ConfigurationDiffersError) =>
  new ConfigurationDiffersError(
    `${cause.message}\nSay the same in the scenario's \`setup\` (or with --set), or run without --server and NATS_URL on a server of the kit's own.`,
    { cause },
  );

// The server of a run: one of the kit's own, or the one that was named.

interface PlaceOptions {
  /** A server that runs already; without it the kit brings its own. */
  connection?: ConnectionSettings;
  onProgress?: (line: string) => void;
  /** Which nats-server the kit's own is; see server/choose.ts. */
  serverVersion?: string;
  /** Where everything random comes from. */
  seed: number;
}

interface Place {
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
  throw new NotPossibleHereError(
    `${name} was not run: the fault ${fault} needs Linux, root and loop devices.`,
  );
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
    throw new ServerTooOldError(`${name} needs nats-server ${requires.server} or newer. ${why}`, { cause });
  }
}

/** Older servers do not start with it: `unknown field "sync_interval"`. */
function requireSyncInterval({ name, server }: Scenario, { version, path }: ServerBinary): void {
  if (server.syncInterval === undefined || atLeast(version, "2.10.0")) return;
  throw new ServerTooOldError(
    `${name} sets server.sync_interval, which nats-server knows from 2.10 on, and ${path} is ${version}; give it a newer one.`,
  );
}

/** What is done to a server is done to its process, and a given one is nobody's child. */
function refuseWhatNeedsOurs(scenario: Scenario): void {
  const { name, timeline, server } = scenario;
  const fault = planFaults(scenario).needs.get("own-server");
  const restarts = timeline.some(({ kind }) => kind === "restart");
  const { nodes, ...store } = server;
  const settings = nodes > 1 || Object.values(store).some((value) => value !== undefined);
  if (!fault && !restarts && !settings) return;
  const what = restarts ? "restarts the server" : fault ? `injects ${fault}` : "says what its server is like";
  throw new InvalidInputError(
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

/** @throws ServerTooOldError, ServerUnreachableError, NotAuthorizedError, and what keeps the kit from having a server of its own. */
async function openPlace(scenario: Scenario, folder: RunFolder, options: PlaceOptions): Promise<Place> {
  if (options.connection && options.serverVersion !== undefined)
    throw new InvalidInputError(
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

// What a scenario says it needs, held against where it is to run. What is missing is told, and the run is skipped.

/** Before a server is started. @throws NotPossibleHereError */
export function requireMachine({ name, requires }: Scenario, user = process.getuid?.()): void {
  if (!requires.root || user === 0) return;
  throw new NotPossibleHereError(`${name} was not run: it needs root, and this is user ${user ?? "(none)"}.`);
}

/** @throws ServerTooOldError, NotPossibleHereError */
function requireServer({ name, requires }: Scenario, server: ServerFacts, nc: NatsConnection): void {
  const { version, url } = server;
  if (requires.server && !atLeast(version, requires.server))
    throw new ServerTooOldError(
      `${name} needs nats-server ${requires.server} or newer, and the one at ${url} is ${version}; give it a newer one.`,
    );
  const nodes = knownNodes(nc);
  if (requires.nodes && nodes < requires.nodes)
    throw new NotPossibleHereError(
      `${name} was not run: it needs a cluster of ${requires.nodes} nodes, and the server at ${url} knows of ${nodes}.`,
    );
}

/** A server tells its clients the addresses of its whole cluster, its own included; alone it tells none. */
const knownNodes = (nc: NatsConnection) => Math.max(1, nc.info?.connect_urls?.length ?? 0);

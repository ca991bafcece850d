// The environment of a run: a server with the streams that the scenario needs, removed again at the end.
import type { JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { namesOfNodes } from "../common/node-names.js";
import { count } from "../common/plural.js";
import { type ConnectionSettings, displayUrl, openConnection } from "../connection/connect.js";
import { jetStreamManager } from "../connection/jetstream.js";
import type { ServerFacts } from "../history/result.js";
import {
  ConfigurationDiffersError,
  InvalidInputError,
  NotPossibleHereError,
  ServerTooOldError,
} from "../protocol/errors.js";
import { defaultNames, queueNames } from "../protocol/queue-names.js";
import { fromClientError } from "../protocol/server-error.js";
import { atLeast } from "../protocol/server-version.js";
import { maxAttemptsKey, type QueueNames } from "../protocol/subjects.js";
import { allSteps, type Scenario } from "../scenario/model.js";
import { streamsOf } from "../scenario/queues.js";
import {
  canLosePower,
  chooseServer,
  type FindOptions,
  findServer,
  jetStreamReady,
  type RunFolder,
  type ServerBinary,
} from "../server/index.js";
import type { ConsumerPlan } from "../stream-setup/consumers.js";
import {
  planSetup,
  type SetupOptions,
  type SetupPlan,
  type StreamStrategy,
  streamNames,
  streamStrategies,
} from "../stream-setup/plan.js";
import { applySetup } from "../stream-setup/setup.js";
import {
  externalActors,
  type FaultPlan,
  leaveFrozenServers,
  type OwnServers,
  planFaults,
  startOwnServers,
} from "./managed-servers.js";
import { createOtherStreams } from "./other-streams.js";
import { findVersions } from "./server-versions.js";

export interface Environment extends Omit<RunServer, "release">, AsyncDisposable {
  jsm: JetStreamManager;
  /** The streams of this run; empty for a scenario without streams. */
  streams: string[];
  /** The queues of this run, the scenario's own first; none for a scenario without their streams. */
  queues: QueueNames[];
  /** The consumers of each request stream that responders pull from. */
  consumers: string[];
  /** Those that were not there before: they are removed from a given server at the end. */
  created: string[];
}

export async function openEnvironment(
  scenario: Scenario,
  folder: RunFolder,
  options: EnvironmentOptions,
): Promise<Environment> {
  const runServer = await openServer(scenario, folder, options);
  const jsm = await jetStreamManager(runServer.nc, defaultNames);
  const queues = scenario.setup ? scenario.queues.map(queueNames) : [];
  const ofQueues = queues.flatMap((names) => streamsOfRun(scenario, names));
  const streams = [...ofQueues, ...Object.keys(scenario.streams)];
  let created: string[] = [];
  const release = async () => {
    try {
      if (options.connection) await removeStreams(jsm, created);
    } catch (error) {
      // The run has its verdict by now, and keeps it.
      options.onProgress?.(`${created.join(", ")} could not be removed from the server: ${(error as Error).message}`);
    } finally {
      await runServer.release();
    }
  };
  try {
    const before = await existingStreams(jsm, streams);
    created = streams.filter((name) => !before.includes(name));
    if (scenario.setup) await setUpStreams(scenario, runServer.nc, jsm, ofQueues);
    await createOtherStreams(jsm, scenario.streams, before);
    const consumers = Object.keys(scenario.setup?.consumers ?? { [defaultNames.consumer]: true });
    return { ...runServer, jsm, streams, queues, consumers, created, [Symbol.asyncDispose]: release };
  } catch (error) {
    await release().catch(() => {}); // the first error is the one to report
    throw fromClientError("setting up the streams", error);
  }
}

const streamsOfRun = (scenario: Scenario, names: QueueNames): string[] => [
  ...streamsOf(names),
  ...streamStrategiesOf(scenario, names.queue).map((strategy) => streamNames(names)[strategy]),
];

/** The strategies of the queue's requesters that need a stream of their own. */
function streamStrategiesOf({ requesters }: Scenario, queue: string | undefined): StreamStrategy[] {
  const ofQueue = Object.values(requesters).filter((requester) => requester.queue === queue);
  const used = ofQueue.map(({ reply }) => reply as string);
  return streamStrategies.filter((strategy) => used.includes(strategy));
}

async function existingStreams(jsm: JetStreamManager, streams: string[]): Promise<string[]> {
  if (streams.length === 0) return [];
  const there: string[] = [];
  for await (const name of jsm.streams.names()) there.push(name);
  return streams.filter((name) => there.includes(name));
}

async function removeStreams(jsm: JetStreamManager, streams: string[]): Promise<void> {
  for (const name of await existingStreams(jsm, streams)) {
    // Otherwise the next run's stream of this name may have its messages again: the server removes files a little later.
    await jsm.streams.purge(name);
    await jsm.streams.delete(name);
  }
}

/** `max_deliver` of a scenario is the server's own limit: a scenario shows what the server does with it. */
function planOf({ maxDeliver, ...settings }: SetupOptions): SetupPlan {
  const { streams, consumers } = planSetup({ ...settings, maxDeliver });
  return { streams, consumers: consumers.map(({ stream, config }) => ({ stream, config: withServerLimit(config) })) };
}

/** A given server may have a limit that its responders count. */
function withServerLimit({ metadata = {}, ...config }: ConsumerPlan): ConsumerPlan {
  const { [maxAttemptsKey]: limit, ...others } = metadata;
  return { ...config, metadata: others, max_deliver: Number(limit) };
}

/** A run counts messages, so it begins with empty streams. */
async function setUpStreams(
  scenario: Scenario,
  nc: NatsConnection,
  jsm: JetStreamManager,
  streams: string[],
): Promise<void> {
  for (const { queue } of scenario.queues) {
    const strategies = streamStrategiesOf(scenario, queue);
    await applySetup(nc, planOf({ ...scenario.setup, queue, strategies })).catch((cause) => {
      if (!(cause instanceof ConfigurationDiffersError)) throw cause;
      // The streams of a given server may be in use: the advice of `jsrr setup` would change them.
      throw new ConfigurationDiffersError(
        `${cause.message}\nSay the same in the scenario's \`setup\` (or with --set), or run without --server and NATS_URL on a server of the kit's own.`,
        { cause },
      );
    });
  }
  for (const name of streams) {
    const { state } = await jsm.streams.info(name);
    if (state.messages === 0) continue;
    throw new ConfigurationDiffersError(
      `${name} holds ${count(state.messages, "message")}, and a scenario begins with empty streams: purge it, or run without --server and NATS_URL on a server of the kit's own.`,
    );
  }
}

// The server of a run: one of the kit's own, or a given one.

interface EnvironmentOptions {
  /** A server that runs already; without it the kit brings its own. */
  connection?: ConnectionSettings;
  onProgress?: (line: string) => void;
  /** Which nats-server the kit's own is; see server/choose.ts. */
  serverVersion?: string;
  /** The chance in faults: for the same seed the same. */
  random(): number;
}

interface RunServer {
  connection: ConnectionSettings;
  nc: NatsConnection;
  server: ServerFacts;
  /** The kit's own servers, for faults to break. */
  own?: OwnServers;
  random(): number;
  release(): Promise<void>;
}

async function startOwnServer(scenario: Scenario, folder: RunFolder, options: EnvironmentOptions): Promise<RunServer> {
  const plan = planFaults(scenario);
  requireDisk(scenario, plan);
  const versions = await findVersions(scenario, { onProgress: options.onProgress });
  const binaries = await binariesOf(scenario, versions, options);
  for (const binary of binaries.values()) requireSyncInterval(scenario, binary);
  const { random } = options;
  const binaryOf = (node: string) => binaries.get(node) as ServerBinary;
  const own = { ...(await startOwnServers(scenario, plan, folder, binaryOf, random)), versions };
  const { cluster } = own;
  const connection = { servers: cluster.urls, ...own.credentials };
  try {
    const nc = await openConnection({ ...connection, name: "jsrr" });
    leaveFrozenServers(nc, cluster);
    const jsm = await jetStreamManager(nc, defaultNames, 1000);
    if (cluster.nodes.length > 1) await jetStreamReady(jsm, cluster.nodes.length);
    const release = async () => {
      await nc.close();
      await own[Symbol.asyncDispose]();
    };
    const { origin, url } = cluster.nodes[0] as ServerFacts;
    const version = [...new Set(cluster.nodes.map((node) => node.version))].join(" and ");
    return { connection, nc, server: { version, origin, url }, own, random, release };
  } catch (error) {
    await own[Symbol.asyncDispose]();
    throw error;
  }
}

function requireDisk({ name }: Scenario, { needs }: FaultPlan): void {
  const fault = needs.get("own-disk");
  if (!fault || canLosePower()) return;
  throw new NotPossibleHereError(`${name} was not run: the fault ${fault} needs Linux, root and loop devices.`);
}

/** By node: the version that the file gives it, or the one server of all others. */
async function binariesOf(
  scenario: Scenario,
  versions: ReadonlyMap<string, ServerBinary>,
  options: EnvironmentOptions,
): Promise<ReadonlyMap<string, ServerBinary>> {
  const { nodes, versions: named = {} } = scenario.server;
  const names = namesOfNodes(nodes);
  const other = names.every((node) => node in named) ? undefined : await findBinary(scenario, options);
  return new Map(names.map((node) => [node, (versions.get(named[node] ?? "") ?? other) as ServerBinary]));
}

/** A requirement that no server at hand meets is a run that cannot decide, not one that failed. */
async function findBinary({ name, requires }: Scenario, options: EnvironmentOptions): Promise<ServerBinary> {
  const { onProgress, serverVersion: choice } = options;
  const found = (how: FindOptions) => (choice === undefined ? findServer(how) : chooseServer(choice, how));
  if (!requires.server) return found({ onProgress });
  try {
    return await found({ onProgress, atLeast: requires.server });
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

/** Faults and restarts need the server's process. */
function requireNoOwnServer(scenario: Scenario): void {
  const { name, timeline, server } = scenario;
  const fault = planFaults(scenario).needs.get("own-server");
  const restarts = allSteps(timeline).some(({ kind }) => kind === "restart" || kind === "upgrade");
  const { nodes, ...store } = server;
  const settings = nodes > 1 || Object.values(store).some((value) => value !== undefined);
  const [external] = externalActors(scenario);
  if (external)
    throw new InvalidInputError(
      `${name} has the external actor ${external}, which needs a server of the kit's own: run it without --server and NATS_URL.`,
    );
  const killed = Object.keys(scenario.responders).find((actor) => scenario.responders[actor]?.wireCrash);
  if (killed)
    throw new InvalidInputError(
      `${name} kills ${killed} by its link, which needs a server of the kit's own: run it without --server and NATS_URL.`,
    );
  if (!fault && !restarts && !settings) return;
  const what = restarts ? "restarts the server" : fault ? `injects ${fault}` : "says what its server is like";
  throw new InvalidInputError(
    `${name} ${what}, and only one of the kit's own may be: run it without --server and NATS_URL.`,
  );
}

async function connectToServer(
  scenario: Scenario,
  given: ConnectionSettings,
  random: () => number,
): Promise<RunServer> {
  const nc = await openConnection({ ...given, name: "jsrr" });
  const server = { version: nc.info?.version ?? "unknown", origin: "given URL", url: displayUrl(given.servers) };
  try {
    requireServer(scenario, server, nc);
    return { connection: given, nc, server, random, release: () => nc.close() };
  } catch (error) {
    await nc.close();
    throw error;
  }
}

/** @throws ServerTooOldError, ServerUnreachableError, NotAuthorizedError, and what keeps the kit from having a server of its own. */
async function openServer(scenario: Scenario, folder: RunFolder, options: EnvironmentOptions): Promise<RunServer> {
  const { connection, serverVersion, random } = options;
  if (connection && serverVersion !== undefined)
    throw new InvalidInputError(
      "--server-version says which server the kit starts, and one was given: leave out --server and NATS_URL.",
    );
  if (connection) requireNoOwnServer(scenario);
  requireMachine(scenario);
  return connection ? connectToServer(scenario, connection, random) : startOwnServer(scenario, folder, options);
}

// The scenario's requirements. Where one is missing, the run is skipped.

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

// Where a run takes place: a nats-server of its own, or the one that was named; with the streams set up.
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { type ConnectionSettings, displayUrl, openConnection } from "../connection/connect.js";
import type { ServerFacts } from "../history/result.js";
import { ConfigurationDiffers, ServerTooOld } from "../protocol/errors.js";
import { replyStream, requestStream } from "../protocol/names.js";
import type { Scenario } from "../scenario/model.js";
import { atLeast, findServer, type RunFolder, startServer } from "../server/index.js";
import { applySetup } from "../stream-setup/apply.js";
import { planSetup } from "../stream-setup/plan.js";

export interface Environment extends AsyncDisposable {
  connection: ConnectionSettings;
  nc: NatsConnection;
  jsm: JetStreamManager;
  server: ServerFacts;
  /** Streams that were set up for this run; empty for a scenario without streams. */
  streams: string[];
}

export interface EnvironmentOptions {
  /** A server that runs already; without it the kit brings its own. */
  connection?: ConnectionSettings;
  onProgress?: (line: string) => void;
}

export async function openEnvironment(
  scenario: Scenario,
  folder: RunFolder,
  options: EnvironmentOptions,
): Promise<Environment> {
  const place = options.connection ? await given(options.connection) : await own(scenario, folder, options);
  try {
    requireVersion(scenario, place.server);
    const jsm = await jetstreamManager(place.nc, { checkAPI: false });
    const created = scenario.setup ? await setUp(scenario.setup, jsm) : [];
    const streams = scenario.setup ? [requestStream, replyStream] : [];
    const release = async () => {
      if (options.connection) await Promise.all(created.map((name) => jsm.streams.delete(name)));
      await place.release();
    };
    return { ...place, jsm, streams, [Symbol.asyncDispose]: release };
  } catch (error) {
    await place.release();
    throw error;
  }
}

interface Place {
  connection: ConnectionSettings;
  nc: NatsConnection;
  server: ServerFacts;
  release(): Promise<void>;
}

async function own(scenario: Scenario, folder: RunFolder, options: EnvironmentOptions): Promise<Place> {
  const { onProgress } = options;
  const binary = await findServer({
    ...(scenario.requires.server ? { atLeast: scenario.requires.server } : {}),
    ...(onProgress ? { onProgress } : {}),
  });
  const server = await startServer({ binary, folder: folder.path, onSpawn: (pid) => folder.adopt(pid) });
  const connection = { servers: server.url };
  try {
    const nc = await openConnection({ ...connection, name: "jsrr" });
    const release = async () => {
      await nc.close();
      await server.kill(); // its store goes with it: nothing to save
    };
    const { version, origin, url } = server;
    return { connection, nc, server: { version, origin, url }, release };
  } catch (error) {
    await server.kill();
    throw error;
  }
}

async function given(connection: ConnectionSettings): Promise<Place> {
  const nc = await openConnection({ ...connection, name: "jsrr" });
  const url = displayUrl(connection.servers);
  const version = nc.info?.version ?? "unknown";
  return { connection, nc, server: { version, origin: "given URL", url }, release: () => nc.close() };
}

function requireVersion({ name, requires }: Scenario, { version, url }: ServerFacts): void {
  if (!requires.server || atLeast(version, requires.server)) return;
  throw new ServerTooOld(
    `${name} needs nats-server ${requires.server} or newer, and the one at ${url} is ${version}; give it a newer one.`,
  );
}

/** Returns the streams that were not there before. A run counts messages, so it begins with empty streams. */
async function setUp(settings: NonNullable<Scenario["setup"]>, jsm: JetStreamManager): Promise<string[]> {
  const { storage, replicas, ackWaitMs, maxDeliver } = settings;
  const report = await applySetup(jsm, planSetup({ storage, replicas, ackWaitMs, maxDeliver }));
  const created = [requestStream, replyStream].filter((name) => report.created.includes(`stream ${name}`));
  for (const name of [requestStream, replyStream]) {
    const { state } = await jsm.streams.info(name);
    if (state.messages === 0) continue;
    await Promise.all(created.map((stream) => jsm.streams.delete(stream)));
    throw new ConfigurationDiffers(
      `${name} holds ${state.messages} messages, and a scenario begins with empty streams: purge it, or run without --server and NATS_URL on a server of the kit's own.`,
    );
  }
  return created;
}

// Demo server: the nats-server behind the page, one of the demo's own or an external one, and the page's way to it.
import { createServer } from "node:net";
import type { Releases } from "../common/release.js";
import { type ConnectionSettings, displayUrl, openConnection } from "../connection/connect.js";
import { jetStreamManager } from "../connection/jetstream.js";
import { Link } from "../link/index.js";
import { defaultNames } from "../protocol/queue-names.js";
import { newRequestId } from "../protocol/request-id.js";
import { fromClientError } from "../protocol/server-error.js";
import { SpareProcesses } from "../runner/actor-process.js";
import type { Environment } from "../runner/environment.js";
import type { Scenario } from "../scenario/model.js";
import { chooseServer, createRunFolder, findServer, NatsServer } from "../server/index.js";
import { setup } from "../stream-setup/setup.js";
import { type PageConnection, requesters } from "./messages.js";
import { checkListener, websocketOf } from "./websocket-listener.js";

/** A server that runs already, with streams that are set up. The demo starts and stops no process of it. */
export interface ExternalServer {
  connection: ConnectionSettings;
  /** Of its websocket listener: `ws://127.0.0.1:9222`. The page connects there, with the same user and password. */
  websocket: string;
}

export interface DemoServerOptions {
  external?: ExternalServer;
  /** The only origin that may open a websocket to an own server, e.g. `http://127.0.0.1:4280`. */
  origin: string;
  serverVersion?: string;
  onProgress?: (line: string) => void;
}

interface DemoServer {
  environment: Environment;
  page: PageConnection;
  spareProcesses: SpareProcesses;
}

export const demoStreams = [defaultNames.requestStream, defaultNames.replyStream, defaultNames.deadLetterStream];
const answerMs = 1_000;

/** Everything that it acquires is kept in `releases`. */
export async function openDemoServer(
  scenario: Scenario,
  options: DemoServerOptions,
  releases: Releases,
): Promise<DemoServer> {
  return options.external
    ? openExternal(options.external, options.origin, releases)
    : startOwn(scenario, options, releases);
}

async function startOwn(scenario: Scenario, options: DemoServerOptions, releases: Releases): Promise<DemoServer> {
  const { serverVersion, onProgress, origin } = options;
  const binary = await (serverVersion === undefined
    ? findServer({ onProgress })
    : chooseServer(serverVersion, { onProgress }));
  const runFolder = releases.keep(await createRunFolder());
  const spareProcesses = releases.keep(new SpareProcesses(2, (pid) => runFolder.adopt(pid)));
  const [pass, labPass] = [newRequestId(), newRequestId()];
  const websocketPort = await freePort();
  const server = releases.keep(
    await NatsServer.start({
      ...{ binary, folder: runFolder.path, onSpawn: (pid) => runFolder.adopt(pid) },
      config: serverConfig({ pass, labPass, websocketPort, origin }),
    }),
  );
  const link = await openLink({ host: server.host, port: websocketPort }, releases);
  const lab = { servers: server.url, user: "lab", password: labPass };
  const nc = await openConnection({ ...lab, name: "jsrr" });
  releases.add(() => nc.close());
  await setup(nc, scenario.setup);
  const cluster = {
    ...{ nodes: [server], urls: server.url, died: server.died, node: () => server, route: () => undefined },
    [Symbol.asyncDispose]: async () => {},
  };
  const { version, origin: from, url } = server;
  return {
    environment: await environmentOf({ connection: lab, nc, server: { version, origin: from, url } }, cluster, link),
    page: { servers: `ws://127.0.0.1:${link.port}`, user: "alice", pass, inboxPrefix: "_INBOX_alice" },
    spareProcesses,
  };
}

/**
 * @throws NotSetUpError if a stream is missing (the demo changes nothing of an external server), InvalidInputError if the page
 * cannot connect to the websocket listener, and the server's other errors.
 */
async function openExternal(
  { connection, websocket }: ExternalServer,
  origin: string,
  releases: Releases,
): Promise<DemoServer> {
  const listener = websocketOf(websocket);
  const { hostname, port, protocol } = listener;
  const nc = await openConnection({ ...connection, name: "jsrr" });
  releases.add(() => nc.close());
  const link = await openLink({ host: hostname, port: Number(port) || 80 }, releases);
  const cluster = {
    ...{ nodes: [], urls: connection.servers, died: new Promise<Error>(() => {}), route: () => undefined },
    node: () => {
      throw new Error("The demo did not start this server.");
    },
    [Symbol.asyncDispose]: async () => {},
  };
  const facts = { version: nc.info?.version ?? "", origin: "--server", url: displayUrl(connection.servers) };
  const environment = await environmentOf({ connection, nc, server: facts }, cluster, link);
  for (const name of demoStreams) {
    await environment.jsm.streams.info(name).catch((error) => {
      throw fromClientError(`stream ${name}`, error);
    });
  }
  await checkListener(listener, origin);
  const { user, password: pass, inboxPrefix = "_INBOX_alice" } = connection;
  // TLS ends at the server: its certificate is not for this machine's link.
  const servers = protocol === "wss:" ? websocket : `ws://127.0.0.1:${link.port}`;
  return {
    environment,
    page: { servers, user, pass, inboxPrefix },
    spareProcesses: releases.keep(new SpareProcesses(0, () => {})),
  };
}

type Facts = Pick<Environment, "connection" | "nc" | "server">;
type Cluster = NonNullable<Environment["own"]>["cluster"];

async function environmentOf(facts: Facts, cluster: Cluster, link: Link): Promise<Environment> {
  return {
    ...{ ...facts, jsm: await jetStreamManager(facts.nc, defaultNames, answerMs) },
    ...{ streams: demoStreams, queues: [defaultNames], consumers: [defaultNames.consumer], created: [] },
    own: {
      ...{ cluster, nodes: cluster.nodes, links: new Map([[requesters.mailbox, [link]]]) },
      [Symbol.asyncDispose]: async () => {},
    },
    random: Math.random,
    [Symbol.asyncDispose]: async () => {},
  };
}

async function openLink(target: { host: string; port: number }, releases: Releases): Promise<Link> {
  return releases.keep(await Link.open({ target: () => target, random: Math.random }));
}

interface ServerConfig {
  pass: string;
  labPass: string;
  websocketPort: number;
  origin: string;
}

/** alice's lines are those of docs/permissions.md. */
const serverConfig = ({ pass, labPass, websocketPort, origin }: ServerConfig): string => `
websocket { listen: "127.0.0.1:${websocketPort}", no_tls: true, allowed_origins: ["${origin}"] }
accounts {
  ORDERS {
    jetstream: enabled
    users: [
      { user: lab, password: "${labPass}" }
      { user: alice, password: "${pass}", permissions: {
        publish: { allow: [
          "requests.>"
          "$JS.API.DIRECT.GET.REPLIES.replies.alice.*"
          "$JS.API.DIRECT.GET.REPLIES.replies.alice.*.*"
        ] }
        subscribe: { allow: ["replied.alice.*", "replied.alice.*.*", "_INBOX_alice.>"] }
      } }
    ]
  }
}`;

/** The websocket's port has to stay the same when the server is restarted. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

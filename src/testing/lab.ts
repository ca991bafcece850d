// Lab: a server, the streams, requesters and responders for one test.
import type { NatsConnection } from "@nats-io/nats-core";
import { acquiring, type Releases } from "../common/release.js";
import { openConnection } from "../connection/connect.js";
import type { Run } from "../history/result.js";
import { checkOptions, type OptionNames } from "../protocol/check-options.js";
import { type QueueOptions, queueNames } from "../protocol/queue-names.js";
import { type CollectOptions, collect } from "../requester/collect.js";
import type { Handle, HandleLike } from "../requester/handle.js";
import { type Located, locate } from "../requester/locate.js";
import type { RequesterOptions } from "../requester/options.js";
import { Requester } from "../requester/requester.js";
import type { StoredReply } from "../requester/stored-reply.js";
import type { Handlers } from "../responder/handlers.js";
import type { ResponderOptions } from "../responder/options.js";
import { Responder } from "../responder/responder.js";
import { orderHandlers } from "../runner/order-handlers.js";
import type { NatsServer } from "../server/index.js";
import type { SetupOptions } from "../stream-setup/plan.js";
import { setup } from "../stream-setup/setup.js";
import { LabLink } from "./link.js";
import { runScenario, type ScenarioRunOptions } from "./scenario.js";
import {
  type LabAccount,
  type LabServer,
  type OriginOptions,
  originOptionNames,
  startLabServer,
  startSingleServer,
} from "./server.js";
import { ServerUnderTest } from "./server-under-test.js";
import { LabStream } from "./stream.js";

/** How a lab gets its server and its streams. */
export interface LabOptions extends OriginOptions, Pick<QueueOptions, "queue" | "names"> {
  /** Share a server with other labs: this one gets an account of its own there. Default: a server of its own. */
  server?: LabServer;
  /** Options of `setup`; streams are in memory by default. `false`: no streams, for a service that sets them up itself. */
  setup?: SetupOptions | false;
}

const labOptionNames = {
  ...originOptionNames,
  ...{ server: true, setup: true, queue: true, names: true },
} as const satisfies OptionNames<LabOptions>;

/** Milliseconds: below the time-out of a test (5 s in vitest, Jest and bun), so that the test shows the kit's error. */
const requestMs = 3_000;

/** Milliseconds until a responder that does not finish is left behind: a hanging handler must not hang the test run. */
const drainMs = 2_000;

/**
 * Starts a lab: a nats-server with JetStream, and the kit's streams on it. Dispose it at the end of the test.
 *
 * @throws ServerNotFoundError when no nats-server is found or can be fetched, ContainerUnavailableError with `container`.
 * @example
 * await using lab = await startLab();
 * await lab.responder({ "order-tea": () => "🍵" });
 * const alice = await lab.requester();
 * console.log((await alice.request("order-tea")).text);
 */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const { server, setup: setupOptions, queue, names, ...origin } = checkOptions("startLab", options, labOptionNames);
  const ofQueue: QueueOptions = { queue, names };
  queueNames(ofQueue); // a wrong name is an error before a server is started
  return acquiring(async (releases) => {
    const ownContainer = origin.container && !server;
    const shared = ownContainer ? releases.keep(await startLabServer(origin)) : server;
    const account: LabAccount & { process?: NatsServer } = shared
      ? await shared.account()
      : releases.keep(await startSingleServer(origin));
    const nc = await openConnection({ ...account.connection, name: "lab" });
    releases.add(() => nc.close());
    if (setupOptions !== false) await setup(nc, { storage: "memory", ...ofQueue, ...setupOptions });
    return new Lab(account, nc, releases, ofQueue, shared?.container ? shared : undefined);
  });
}

/** A running lab; see {@link startLab}. Disposing it drains responders, closes requesters, and stops a server of its own. */
export class Lab implements AsyncDisposable {
  /** The server's URL, with credentials if the account has some, for `openConnection` and the nats CLI. */
  readonly url: string;
  /** Address and credentials for nats.js: `connect(lab.connectOptions)`. */
  readonly connectOptions: { servers: string; user?: string; pass?: string };
  /** A connection for the test itself; closed with the lab. */
  readonly nc: NatsConnection;
  /** Its version, origin and URL, and its faults. */
  readonly server: ServerUnderTest;
  /** The stream of its queue's requests: REQUESTS, or PAYMENTS_REQUESTS of the queue `payments`. */
  readonly requestStream: string;
  readonly #queue: QueueOptions;
  readonly #releases: Releases;
  readonly #container: LabServer | undefined;

  /** Use {@link startLab}. */
  constructor(
    account: LabAccount & { process?: NatsServer },
    nc: NatsConnection,
    releases: Releases,
    queue: QueueOptions,
    container?: LabServer,
  ) {
    this.#queue = queue;
    this.requestStream = queueNames(queue).requestStream;
    const { servers, user, password } = account.connection;
    this.url = user ? servers.replace("://", `://${user}:${password}@`) : servers;
    this.connectOptions = { servers, ...(user && password ? { user, pass: password } : {}) };
    this.nc = nc;
    const facts = { version: nc.info?.version ?? "unknown", origin: account.origin, url: servers };
    this.server = new ServerUnderTest(facts, nc, account.process);
    this.#releases = releases;
    this.#container = container;
  }

  /** Opens a requester, by default alice with a mailbox. Closed with the lab. */
  async requester(options: Partial<RequesterOptions> = {}): Promise<Requester> {
    return this.#releases.keep(
      await Requester.open(this.nc, { name: "alice", timeoutMs: requestMs, ...this.#queue, ...options }),
    );
  }

  /** Starts a responder, by default bob with `orderHandlers`. Drained with the lab. */
  async responder(
    handlers: Handlers = orderHandlers,
    options: Omit<ResponderOptions, "handlers"> = {},
  ): Promise<Responder> {
    const responder = await Responder.start(this.nc, { name: "bob", ...this.#queue, ...options, handlers });
    this.#releases.add(() => drained(responder));
    return responder;
  }

  /**
   * Opens a link to the server, for a service that connects to `link.url`. Closed with the lab.
   * @example
   * const link = await lab.link();
   * const service = await startOrderService(link.url);
   * await link.cut();
   */
  async link(): Promise<LabLink> {
    return this.#releases.keep(await LabLink.open(this));
  }

  /** The reply that is stored for a handle; see `collect`. */
  collect(handle: Handle, options?: CollectOptions): Promise<StoredReply | undefined> {
    return collect(this.nc, handle, { ...this.#ofHandle(), ...options });
  }

  /** Where the request of a handle is; see `locate`. */
  locate(handle: HandleLike): Promise<Located> {
    return locate(this.nc, handle, this.#ofHandle());
  }

  /** A handle says its queue, and not the names of a queue that has its own. */
  #ofHandle(): QueueOptions {
    return this.#queue.names ? this.#queue : {};
  }

  /** A stream to read, e.g. `lab.stream("REPLIES").messages()`. */
  stream(name: string): LabStream {
    return new LabStream(this.nc, name);
  }

  /** Messages that remain in a stream now. Default: the request stream of its queue. */
  remaining(stream: string = this.requestStream): Promise<number> {
    return this.stream(stream).remaining();
  }

  /** See {@link runScenario}. It runs on a server of its own; in a lab with a container, in a fresh account there. */
  async runScenario(fileOrText: string, options: ScenarioRunOptions = {}): Promise<Run> {
    const connection = (await this.#container?.account())?.connection;
    return runScenario(fileOrText, { ...(connection ? { connection } : {}), ...options });
  }

  /** Ends everything of the lab in reverse order. @throws the first error, after everything has ended. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#releases[Symbol.asyncDispose]();
  }
}

async function drained(responder: Responder): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, drainMs);
  });
  await Promise.race([responder.drain(), late]).finally(() => clearTimeout(timer));
}

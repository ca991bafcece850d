// A laboratory for one test: a server, the streams, and requesters and responders that are gone when it is disposed.
//   await using lab = await startLab();

import type { NatsConnection } from "@nats-io/nats-core";
import { openConnection } from "../connection/connect.js";
import type { Run, ServerFacts } from "../history/result.js";
import { requestStream } from "../protocol/subjects.js";
import { type CollectOptions, collect } from "../requester/collect.js";
import type { Handle } from "../requester/handle.js";
import type { RequesterOptions } from "../requester/options.js";
import { Requester } from "../requester/requester.js";
import type { StoredReply } from "../requester/stored-reply.js";
import type { Handlers } from "../responder/handlers.js";
import type { ResponderOptions } from "../responder/options.js";
import { Responder } from "../responder/responder.js";
import { orderHandlers } from "../runner/order-handlers.js";
import type { SetupOptions } from "../stream-setup/plan.js";
import { setup } from "../stream-setup/setup.js";
import { acquiring, type Releases } from "./release.js";
import { runScenario, type ScenarioRunOptions } from "./scenario.js";
import { type LabServer, type OriginOptions, type Seat, startLabServer, startLoneServer } from "./server.js";
import { LabStream } from "./stream.js";

export interface LabOptions extends OriginOptions {
  /** Share a server with other labs: this one gets an account of its own there. Default: a server of its own. */
  server?: LabServer;
  /** The streams; by default in memory. `false`: none, because the service under test sets them up itself. */
  setup?: SetupOptions | false;
}

/** Milliseconds that a responder gets to finish at the end; a handler that hangs must not hang the test run. */
const drainMs = 2_000;

export async function startLab(options: LabOptions = {}): Promise<Lab> {
  return acquiring(async (releases) => {
    const ownContainer = options.container && !options.server;
    const shared = ownContainer ? releases.keep(await startLabServer(options)) : options.server;
    const seat = shared ? await shared.seat() : releases.keep(await startLoneServer(options));
    const nc = await openConnection({ ...seat.connection, name: "lab" });
    releases.add(() => nc.close());
    if (options.setup !== false) {
      await setup(nc, { storage: "memory", ...options.setup });
    }
    return new Lab(seat, nc, releases, shared?.container ? shared : undefined);
  });
}

export class Lab implements AsyncDisposable {
  /** With credentials in it, where the server asks for them: what `openConnection` and the nats CLI take. */
  readonly url: string;
  /** For clients that want address and credentials apart; nats.js does: `connect(lab.connectOptions)`. */
  readonly connectOptions: { servers: string; user?: string; pass?: string };
  /** A connection to look with; closed with the lab. */
  readonly nc: NatsConnection;
  readonly server: ServerFacts;
  readonly #releases: Releases;
  readonly #container: LabServer | undefined;

  /** Use {@link startLab}. */
  constructor(seat: Seat, nc: NatsConnection, releases: Releases, container?: LabServer) {
    const { servers, user, password } = seat.connection;
    this.url = user ? servers.replace("://", `://${user}:${password}@`) : servers;
    this.connectOptions = { servers, ...(user && password ? { user, pass: password } : {}) };
    this.nc = nc;
    this.server = { version: nc.info?.version ?? "unknown", origin: seat.origin, url: servers };
    this.#releases = releases;
    this.#container = container;
  }

  /** Opens a requester, by default alice with a mailbox. Closed with the lab. */
  async requester(options: Partial<RequesterOptions> = {}): Promise<Requester> {
    return this.#releases.keep(await Requester.open(this.nc, { name: "alice", ...options }));
  }

  /** Starts a responder, by default bob with `orderHandlers`. Drained with the lab. */
  async responder(
    handlers: Handlers = orderHandlers,
    options: Omit<ResponderOptions, "handlers"> = {},
  ): Promise<Responder> {
    const responder = await Responder.start(this.nc, { name: "bob", ...options, handlers });
    this.#releases.add(() => drained(responder));
    return responder;
  }

  /** The reply that is stored for a handle; see `collect`. */
  collect(handle: Handle, options?: CollectOptions): Promise<StoredReply | undefined> {
    return collect(this.nc, handle, options);
  }

  /** A stream to look into, e.g. `lab.stream("REPLIES").messages()`. */
  stream(name: string): LabStream {
    return new LabStream(this.nc, name);
  }

  /** Messages that remain in a stream now. Default: REQUESTS. */
  remaining(stream: string = requestStream): Promise<number> {
    return this.stream(stream).remaining();
  }

  /** See {@link runScenario}: on a server of its own; in a lab with a container there, in a fresh account. */
  async runScenario(fileOrText: string, options: ScenarioRunOptions = {}): Promise<Run> {
    const connection = (await this.#container?.seat())?.connection;
    return runScenario(fileOrText, { ...(connection ? { connection } : {}), ...options });
  }

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
